"""Los ensayos de lo que se cae, se atasca o muere."""
