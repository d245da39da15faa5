// Recorre la página en un Chromium de verdad, como una persona, y cuenta en JSON lo que vio.
// Lo llama tests/browser/test_browser.py: `node recorrido.mjs visita|negado|ajeno`, con los datos en el entorno.
import { chromium } from "playwright-core";

const { PAGE, CHROMIUM, SHOTS, EMAIL, PASSWORD, FULL_DAY, FREE_DAY } = process.env;
const seen = { console: [], failed: [], refused: [], preflights: [] };

// En un contenedor no hay la jaula de Chromium ni de dónde bajar lo que pide al arrancar.
const quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];
const browser = await chromium.launch({ executablePath: CHROMIUM, args: [...quiet, "--disable-component-update"] });
// El navegador está en otro país: las horas deben ser, de todos modos, las de la clínica.
const context = await browser.newContext({ timezoneId: "Asia/Tokyo", locale: "es-EC", viewport: { width: 1280, height: 860 } });
context.setDefaultTimeout(30_000);
const page = await context.newPage();
await listen();
await page.goto(PAGE);
try {
  await { visita: visit, negado: denied, ajeno: foreign }[process.argv[2]]();
} catch (error) {
  await page.screenshot({ path: `${SHOTS}/fallo.png`, fullPage: true });
  console.error(seen, error);
  process.exitCode = 1;
}
await browser.close();
console.log(JSON.stringify(seen));

async function listen() {
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && seen.console.push(message.text()));
  page.on("pageerror", (error) => seen.console.push(String(error)));
  page.on("requestfailed", (request) => seen.failed.push(`${request.method()} ${request.url()}`));
  page.on("response", (answer) => answer.status() >= 400 && seen.refused.push(`${answer.status()} ${answer.url()}`));
  // Las preguntas previas de CORS (OPTIONS) solo se ven desde dentro del navegador.
  const inside = await context.newCDPSession(page);
  await inside.send("Network.enable");
  inside.on("Network.requestWillBeSent", ({ request }) => {
    if (request.method === "OPTIONS") seen.preflights.push({ url: request.url, origin: request.headers.Origin ?? "" });
  });
}

async function enter(password) {
  await page.getByLabel("Correo").fill(EMAIL);
  await page.getByLabel("Contraseña").fill(password);
  await page.getByRole("button", { name: "Entrar" }).click();
}

async function shot(name) {
  await page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true });
}

async function visit() {
  await shot("1-entrada");
  await enter(PASSWORD);

  await page.getByLabel("Día", { exact: true }).fill(FULL_DAY);
  await page.locator("tbody tr").first().waitFor();
  seen.agenda = await page.locator("tbody tr").allInnerTexts();
  await shot("2-agenda");

  await page.getByRole("combobox", { name: "Doctor" }).selectOption({ label: "Dra. Lucía Andrade" });
  const next = page.waitForResponse((answer) => answer.url().endsWith(`date=${FREE_DAY}`));
  await page.getByLabel("Día", { exact: true }).fill(FREE_DAY);
  await (await next).finished();
  const slot = page.locator(".slots button").first();
  seen.slot = await slot.innerText();
  await slot.click();
  await page.getByLabel("Buscar paciente").fill("guaman");
  await page.getByRole("combobox", { name: "Paciente" }).getByText("Guamán").first().waitFor({ state: "attached" });
  await page.getByLabel("Motivo").fill("Control");
  await shot("3-agendar");
  await page.getByRole("button", { name: "Agendar" }).click();

  const card = page.getByRole("region", { name: "Guamán" });
  await card.getByText("Pendiente", { exact: true }).waitFor();
  const treatments = card.getByRole("combobox", { name: "Tratamiento" });
  const text = await treatments.locator("option", { hasText: "Consulta general" }).innerText();
  await treatments.selectOption({ label: text });
  await card.getByRole("button", { name: "Agregar" }).click();
  await card.getByRole("cell", { name: "Consulta general" }).waitFor();
  await card.getByRole("button", { name: "Completar la visita" }).click();
  await card.getByText("Completada", { exact: true }).waitFor();
  seen.consumed = await card.getByText("La visita consumió").innerText();
  await card.getByRole("button", { name: "Emitir la factura" }).click();
  await card.getByText("Emitida", { exact: true }).waitFor();
  seen.invoice = await card.locator("p[role=status] strong").innerText();
  await card.getByRole("combobox", { name: "Forma de pago" }).selectOption({ label: "Transferencia" });
  await card.getByRole("button", { name: "Marcar como pagada" }).click();
  await card.getByText("Pagada", { exact: true }).waitFor();
  await shot("4-visita");

  await page.reload(); // la sesión sigue
  await page.getByRole("button", { name: "Resultados" }).click();
  await page.getByRole("img", { name: "Ingresos y ganancia" }).waitFor();
  const heights = await page.locator("svg rect").evaluateAll((bars) => bars.map((bar) => bar.getBBox().height));
  seen.bars = heights.filter((height) => height > 0).length;
  seen.points = await page.locator("svg polyline").evaluate((line) => line.points.length);
  seen.figures = await page.locator(".figures").innerText();
  await shot("5-resultados");

  await page.getByRole("button", { name: "Salir" }).click();
  await page.getByRole("button", { name: "Entrar" }).waitFor();
  seen.token = await page.evaluate(() => sessionStorage.getItem("token"));
}

async function denied() {
  await enter("equivocada");
  seen.alert = await page.getByRole("alert").innerText();
  await enter(PASSWORD);
  await page.getByLabel("Día", { exact: true }).fill("9999-12-31");
  seen.day = await page.getByRole("alert").innerText();
  await shot("6-corregir");
}

async function foreign() {
  await enter(PASSWORD);
  seen.alert = await page.getByRole("alert").innerText();
  seen.token = await page.evaluate(() => sessionStorage.getItem("token"));
  await shot("7-otro-origen");
}
