import { useState } from "react";
import { ask, citas, type Slot } from "./api";
import { Booking } from "./Booking";
import { clinicDay, span, time } from "./format";
import { useCan, useLoad } from "./hooks";
import { Badge, Input, Problem, Select, Table } from "./ui";
import { Visit } from "./Visit";

export function Agenda() {
  const [day, setDay] = useState(clinicDay());
  const [doctor, setDoctor] = useState(0);
  const [open, setOpen] = useState<{ visit?: number; slot?: Slot }>({});
  const canWrite = useCan("appointments:write");
  const doctors = useLoad(() => ask(citas.GET("/api/citas/doctors")));
  const agenda = useLoad(async () => {
    if (doctor) {
      const params = { path: { doctor_id: doctor }, query: { date: day } };
      return ask(citas.GET("/api/citas/doctors/{doctor_id}/schedule", { params }));
    }
    const query = { date_from: day, date_to: day, per_page: 100 };
    const { appointments } = await ask(citas.GET("/api/citas/appointments", { params: { query } }));
    return { appointments: appointments.reverse(), free_slots: [] };
  }, `${doctor} ${day}`);
  const { appointments = [], free_slots = [] } = agenda.data ?? {};
  const names = doctors.data?.doctors.map((row) => [row.doctor_id, row.full_name] as const) ?? [];
  const opener = (visit: number, label: string) => <button aria-label={label} onClick={() => setOpen({ visit })}>Abrir</button>;

  return (
    <div className="columns">
      <section className="card" aria-labelledby="agenda">
        <h1 id="agenda">Agenda del día</h1>
        <div className="row">
          <Select label="Doctor" value={doctor} options={[[0, "Todos"], ...names]} onValue={(id) => (setDoctor(id), setOpen({}))} />
          <Input label="Día" type="date" required value={day} onValue={(to) => to && (setDay(to), setOpen({}))} />
        </div>
        <Problem error={doctors.error ?? agenda.error} />
        <Table
          head={["Hora", "Paciente", "Doctor", "Estado", ""]}
          rows={appointments.map((row) => [
            row.appointment_id, span(row), row.patient_name, row.doctor_name, <Badge status={row.status} />,
            opener(row.appointment_id, `Abrir la visita de ${row.patient_name}, ${span(row)}`),
          ])}
        />
        {agenda.data && !appointments.length && <p>No hay citas este día.</p>}
        <h2>Turnos libres</h2>
        {agenda.data && !free_slots.length && <p>{doctor ? "No quedan turnos este día." : "Elija un doctor para verlos."}</p>}
        <div className="slots">
          {free_slots.map((slot) => (
            <button key={slot.start_time} disabled={!canWrite} onClick={() => setOpen({ slot })}>{time(slot.start_time)}</button>
          ))}
        </div>
      </section>
      {open.visit && <Visit key={open.visit} id={open.visit} onChange={agenda.reload} />}
      {open.slot && <Booking doctor={doctor} slot={open.slot} onBooked={(visit) => (agenda.reload(), setOpen({ visit }))} />}
    </div>
  );
}
