"""Los ensayos de lo que queda escrito y lo que se publica."""
