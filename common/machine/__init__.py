"""El equipo en que se corre: sus puertos y la base incluida."""
