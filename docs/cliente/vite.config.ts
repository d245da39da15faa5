import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// El puerto es parte del origen que CORS_ORIGINS permite: si está ocupado, mejor decirlo que usar otro.
const server = { host: "localhost", port: 5173, strictPort: true };

export default defineConfig({ plugins: [react()], server, preview: server });
