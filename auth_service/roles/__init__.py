"""Los roles: sus permisos y su menú."""
