// Los contratos de los cinco servicios y sus tipos, sacados del código: `npm run generate`. No levanta nada.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const PROJECT = path("../../");
const CONTRACTS = path("openapi/");
const TYPES = path("src/api/");

function stop(reason) {
  console.error(reason);
  process.exit(1);
}

function writeContracts() {
  const python = ["../../.venv/bin/python", "../../.venv/Scripts/python.exe"].map(path).find(existsSync);
  if (!python) {
    stop(`No está el Python del proyecto (.venv). Corra primero ./install.sh (install.bat en Windows) en ${PROJECT}`);
  }
  const done = spawnSync(python, ["-m", "scripts.specs"], { cwd: PROJECT, stdio: "inherit" });
  if (done.status !== 0) {
    stop("No se pudieron sacar los contratos del código; si falta un paquete, corra otra vez ./install.sh (install.bat).");
  }
}

async function writeTypes() {
  if (!existsSync(path("node_modules/openapi-typescript"))) {
    stop("Faltan las dependencias de la página. Corra primero npm ci en docs/cliente.");
  }
  const { default: openapiTS, astToString, COMMENT_HEADER } = await import("openapi-typescript");
  mkdirSync(TYPES, { recursive: true });
  for (const file of readdirSync(CONTRACTS).filter((name) => name.endsWith(".json"))) {
    const types = await openapiTS(new URL(`openapi/${file}`, import.meta.url), { defaultNonNullable: false });
    replace(`${TYPES}${file.replace(".json", ".d.ts")}`, COMMENT_HEADER + astToString(types));
  }
}

// De una vez: quien lo lea mientras tanto encuentra el anterior entero.
function replace(target, text) {
  const written = `${target}.${process.pid}`;
  writeFileSync(written, text);
  renameSync(written, target);
}

writeContracts();
await writeTypes();
