"""Lo que tienen en común los PDF: páginas y textos."""
