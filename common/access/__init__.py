"""Cómo se entra y quién entró: contraseñas, tokens y quien llama."""
