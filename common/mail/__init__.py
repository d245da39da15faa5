"""El correo saliente."""
