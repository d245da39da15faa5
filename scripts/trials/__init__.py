"""Con qué se ensaya, se prueba y se mide el sistema en marcha."""
