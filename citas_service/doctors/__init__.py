"""Los doctores: quiénes son, su horario, sus ausencias y su agenda."""
