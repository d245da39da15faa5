"""La firma electrónica: el certificado, su clave guardada y la firma XAdES-BES."""
