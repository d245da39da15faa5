/** Horas en la zona de la clínica, esté donde esté el navegador; montos en dólares; nombres en español. */
const timeZone: string = import.meta.env.VITE_CLINIC_TIMEZONE ?? "America/Guayaquil";
const clock = new Intl.DateTimeFormat("es-EC", { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const calendar = new Intl.DateTimeFormat("en-CA", { timeZone });
const dollars = new Intl.NumberFormat("es-EC", { style: "currency", currency: "USD" });

export const time = (instant: string) => clock.format(new Date(instant));
export const span = (row: { start_time: string; end_time: string }) => `${time(row.start_time)}–${time(row.end_time)}`;
export const money = (amount: number) => dollars.format(amount);

/** El día de la clínica, `AAAA-MM-DD`; con `ago`, el de hace tantos días. */
export const clinicDay = (ago = 0) => calendar.format(Date.now() - ago * 86_400_000);

const VISIT = { PENDING: "Pendiente", CONFIRMED: "Confirmada", IN_PROGRESS: "En curso", COMPLETED: "Completada" };
const MISSED = { CANCELLED: "Cancelada", NO_SHOW: "No asistió" };
const INVOICE = { DRAFT: "Borrador", ISSUED: "Emitida", PAID: "Pagada", ANNULLED: "Anulada" };
export const STATUS = { ...VISIT, ...MISSED, ...INVOICE };
export const isOpen = (status: keyof typeof STATUS) => ["PENDING", "CONFIRMED", "IN_PROGRESS"].includes(status);

const CARDS = [["TARJETA_DEBITO", "Tarjeta de débito"], ["TARJETA_CREDITO", "Tarjeta de crédito"]] as const;
export const PAYMENTS = [["EFECTIVO", "Efectivo"], ...CARDS, ["TRANSFERENCIA", "Transferencia"], ["OTRO", "Otra"]] as const;
