"""El arranque: de una carpeta recién clonada a los cinco servicios en marcha."""
