import { useState } from "react";
import { ask, facturacion, type Appointment, type Invoice } from "./api";
import { money, PAYMENTS } from "./format";
import { useCan, useLoad, useTask } from "./hooks";
import { Badge, Form, Problem, Select } from "./ui";

/** La factura de una visita completada: se emite y se cobra. */
export function Billing({ visit }: { visit: Appointment }) {
  const [payment, setPayment] = useState<Invoice["payment_method"]>("EFECTIVO");
  const canWrite = useCan("invoices:write");
  const { busy, error, run } = useTask();
  const found = useLoad(async () => {
    const query = { patient_id: visit.patient_id, per_page: 100 };
    const { invoices } = await ask(facturacion.GET("/api/facturacion/invoices", { params: { query } }));
    return invoices.filter((row) => row.appointment_id === visit.appointment_id && row.status !== "ANNULLED");
  });
  const invoice = found.data?.[0];

  const issue = async () => {
    const body = { appointment_id: visit.appointment_id, status: "ISSUED" } as const;
    await ask(facturacion.POST("/api/facturacion/invoices", { body }));
    found.reload();
  };
  const pay = async ({ invoice_id }: Invoice) => {
    const params = { path: { invoice_id } };
    const body = { status: "PAID", payment_method: payment } as const;
    await ask(facturacion.PATCH("/api/facturacion/invoices/{invoice_id}/status", { params, body }));
    found.reload();
  };

  return (
    <>
      <h2>Factura</h2>
      <Problem error={found.error ?? error} />
      {found.data && !invoice && canWrite && (
        <button className="main" disabled={busy} onClick={() => run(issue)}>Emitir la factura</button>
      )}
      {invoice && (
        <p role="status">
          <strong>{invoice.invoice_number ?? "Sin número todavía"}</strong> · {money(invoice.total_amount)}, de ellos{" "}
          {money(invoice.iva_amount)} de IVA · <Badge status={invoice.status} />
        </p>
      )}
      {invoice?.status === "ISSUED" && canWrite && (
        <Form className="row" onSend={() => run(() => pay(invoice))}>
          <Select label="Forma de pago" value={payment} options={PAYMENTS} onValue={setPayment} />
          <button disabled={busy}>Marcar como pagada</button>
        </Form>
      )}
    </>
  );
}
