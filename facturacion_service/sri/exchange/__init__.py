"""La conversación con el SRI: qué se le envía, qué contesta y qué hacer con eso."""
