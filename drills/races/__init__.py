"""Los ensayos de muchos a la vez."""
