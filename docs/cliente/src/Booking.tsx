import { useState } from "react";
import { ask, citas, historia, type Slot } from "./api";
import { span } from "./format";
import { useLoad, useTask } from "./hooks";
import { Form, Input, Problem, Select } from "./ui";

type Props = { doctor: number; slot: Slot; onBooked: (visit: number) => void };

export function Booking({ doctor, slot, onBooked }: Props) {
  const [search, setSearch] = useState("");
  const [chosen, setChosen] = useState<number>();
  const [reason, setReason] = useState("");
  const { busy, error, run } = useTask();
  const found = useLoad(() => {
    const query = { is_active: true, per_page: 20, ...(search.trim() && { search: search.trim() }) };
    return ask(historia.GET("/api/historia-clinica/patients", { params: { query } }));
  }, search.trim());
  const patients = found.data?.patients ?? [];
  const patient = patients.find(({ patient_id }) => patient_id === chosen) ?? patients[0];

  const book = async () => {
    const body = { doctor_id: doctor, patient_id: patient!.patient_id, reason: reason.trim() || null, ...slot };
    const { appointment } = await ask(citas.POST("/api/citas/appointments", { body }));
    onBooked(appointment.appointment_id);
  };

  return (
    <section className="card" aria-labelledby="agendar">
      <h1 id="agendar">Agendar: {span(slot)}</h1>
      <Form onSend={() => run(book)}>
        <Input label="Buscar paciente por nombre o documento" type="search" value={search} onValue={setSearch} />
        <Select
          label="Paciente"
          value={patient?.patient_id}
          options={patients.map((row) => [row.patient_id, `${row.full_name} · ${row.doc_number}`])}
          onValue={setChosen}
        />
        <Input label="Motivo (opcional)" value={reason} onValue={setReason} />
        <Problem error={found.error ?? error} />
        <button className="main" disabled={busy || !patient}>Agendar</button>
      </Form>
    </section>
  );
}
