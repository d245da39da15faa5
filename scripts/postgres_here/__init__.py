"""El PostgreSQL incluido: dónde está, cómo se prende y se apaga."""
