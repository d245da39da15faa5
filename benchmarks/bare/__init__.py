"""La aplicación desnuda: Flask y psycopg2 a mano, el límite contra el que se compara."""
