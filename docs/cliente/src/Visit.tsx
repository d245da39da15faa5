import { useState } from "react";
import { ask, citas, inventario, type Consumption } from "./api";
import { Billing } from "./Billing";
import { isOpen, money, span } from "./format";
import { useCan, useLoad, useTask } from "./hooks";
import { Badge, Form, Problem, Select, Table } from "./ui";

/** Una visita: se le agregan tratamientos, se completa y entonces se factura. */
export function Visit({ id, onChange }: { id: number; onChange: () => void }) {
  const params = { path: { appointment_id: id } };
  const [chosen, setChosen] = useState<number>();
  const [consumed, setConsumed] = useState<Consumption[]>([]);
  const canWrite = useCan("appointments:write");
  const canBill = useCan("invoices:read");
  const { busy, error, run } = useTask();
  const visit = useLoad(() => ask(citas.GET("/api/citas/appointments/{appointment_id}", { params })));
  const query = { is_active: true, per_page: 100 };
  const catalogue = useLoad(() => ask(inventario.GET("/api/inventario/treatments", { params: { query } })));
  const treatments = catalogue.data?.treatments ?? [];
  const treatment = chosen ?? treatments[0]?.treatment_id;

  const add = async () => {
    const body = { treatment_id: treatment! };
    await ask(citas.POST("/api/citas/appointments/{appointment_id}/treatments", { params, body }));
    visit.reload();
  };
  const complete = async () => {
    const body = { status: "COMPLETED" } as const;
    const done = await ask(citas.PATCH("/api/citas/appointments/{appointment_id}/status", { params, body }));
    setConsumed(done.consumption);
    visit.reload();
    onChange();
  };

  if (!visit.data) return <Problem error={visit.error} />;
  const row = visit.data.appointment;
  const lines = [
    ...row.treatments.map((line) => ({ ...line, name: line.treatment_name, key: `t${line.detail_id}` })),
    ...row.extras.map((line) => ({ ...line, name: line.product_name, key: `e${line.extra_id}` })),
  ];
  return (
    <section className="card" aria-labelledby="visita">
      <h1 id="visita">{row.patient_name}</h1>
      <p>{span(row)} · {row.doctor_name} · <Badge status={row.status} /></p>
      <Table
        head={["Lo que se hace", "Cantidad", "Valor"]}
        rows={lines.map(({ key, name, quantity, subtotal }) => [key, name, quantity, money(subtotal)])}
        numbersFrom={1}
      />
      <p className="number">Total sin IVA: <strong>{money(row.total)}</strong></p>
      {isOpen(row.status) && canWrite && (
        <>
          <Form className="row" onSend={() => run(add)}>
            <Select
              label="Tratamiento"
              value={treatment}
              options={treatments.map((t) => [t.treatment_id, `${t.name} · ${money(t.base_price)}`])}
              onValue={setChosen}
            />
            <button disabled={busy || !treatment}>Agregar</button>
          </Form>
          <button className="main" disabled={busy} onClick={() => run(complete)}>Completar la visita</button>
        </>
      )}
      <Problem error={error ?? catalogue.error} />
      {consumed.length > 0 && (
        <div className="notice" role="status">
          La visita consumió:
          <ul>{consumed.map((c) => <li key={c.movement_id}>{`${c.quantity} ${c.product_name}; quedan ${c.balance_after}`}</li>)}</ul>
        </div>
      )}
      {row.status === "COMPLETED" && canBill && <Billing visit={row} />}
    </section>
  );
}
