"""La descripción OpenAPI de un servicio y su página."""
