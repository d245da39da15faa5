"""Las listas: páginas, filtros y archivos (CSV, XLSX)."""
