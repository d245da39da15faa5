/** Los cinco servicios, con los tipos que salen de su OpenAPI, y las costumbres de toda llamada. */
import createClient, { type Middleware } from "openapi-fetch";
import type { components as Auth, paths as AuthPaths } from "./api/auth";
import type { components as Citas, paths as CitasPaths } from "./api/citas";
import type { components as Facturacion, paths as FacturacionPaths } from "./api/facturacion";
import type { paths as HistoriaPaths } from "./api/historia_clinica";
import type { paths as InventarioPaths } from "./api/inventario";

export type User = Auth["schemas"]["UserOut"];
export type Appointment = Citas["schemas"]["AppointmentOut"];
export type Slot = Citas["schemas"]["SlotOut"];
export type Consumption = Citas["schemas"]["ConsumptionOut"];
export type Invoice = Facturacion["schemas"]["InvoiceOut"];
export type Point = Facturacion["schemas"]["PointOut"];
type Failure = Auth["schemas"]["Error"];

// Las listas también salen como archivo (csv, xlsx); aquí siempre se piden como JSON.
const env = import.meta.env;
const at = (url: string | undefined, port: number) => ({ baseUrl: url ?? `http://127.0.0.1:${port}` });
export const auth = createClient<AuthPaths>(at(env.VITE_AUTH_URL, 5001));
export const inventario = createClient<InventarioPaths, "application/json">(at(env.VITE_INVENTARIO_URL, 5002));
export const historia = createClient<HistoriaPaths>(at(env.VITE_HISTORIA_CLINICA_URL, 5003));
export const facturacion = createClient<FacturacionPaths, "application/json">(at(env.VITE_FACTURACION_URL, 5004));
export const citas = createClient<CitasPaths>(at(env.VITE_CITAS_URL, 5005));

/** La sesión dura lo que la pestaña: el token no queda en el equipo al cerrarla. */
export const session = {
  token: sessionStorage.getItem("token"),
  onEnd: () => {},
  start(token: string) {
    sessionStorage.setItem("token", (this.token = token));
  },
  end() {
    sessionStorage.removeItem("token");
    this.token = null;
    this.onEnd();
  },
};

const withToken: Middleware = {
  onRequest({ request }) {
    if (session.token) request.headers.set("Authorization", `Bearer ${session.token}`);
  },
  onResponse({ response }) {
    if (response.status === 401 && session.token) session.end();
  },
};

// Una clave por intención: si la red se corta y la persona repite el botón, el servidor devuelve la primera
// respuesta en vez de agendar o cobrar dos veces. Con una respuesta definitiva la intención termina.
const intents = new Map<string, string>();
const once: Middleware = {
  async onRequest({ request }) {
    if (request.method === "GET") return;
    const intent = `${request.method} ${request.url} ${await request.clone().text()}`;
    const key = intents.get(intent) ?? crypto.randomUUID();
    intents.set(intent, key);
    request.headers.set("Idempotency-Key", key);
  },
  onResponse({ request, response }) {
    const key = request.headers.get("Idempotency-Key");
    if (response.status < 500) intents.forEach((used, intent) => used === key && intents.delete(intent));
  },
};
for (const client of [auth, inventario, historia, facturacion, citas]) client.use(withToken);
for (const client of [facturacion, citas]) client.use(once);

/** Lo que el servidor dijo que está mal: una frase y, si las hay, las correcciones campo por campo. */
export class ApiError extends Error {
  constructor(message: string, readonly errors: Failure["errors"] = []) {
    super(message);
  }
}

/** Los datos de una llamada, o un ApiError: `const { doctors } = await ask(citas.GET("/api/citas/doctors"))`. */
export async function ask<T>(call: Promise<{ data?: { data: T }; error?: Failure }>): Promise<T> {
  const { data, error } = await call.catch(() => {
    throw new ApiError("No se pudo llegar al servidor. Compruebe que esté en marcha y que su CORS_ORIGINS admita esta página.");
  });
  if (data) return data.data;
  throw new ApiError(error?.message ?? "El servidor respondió algo que no se entiende.", error?.errors);
}
