"""Los ensayos de quien quiere entrar o hacer daño."""
