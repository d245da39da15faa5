# Lo que comparten los ejemplos: dónde está cada servicio, cómo se entra y cómo se llama. Sirve en sh, bash y zsh, y
# también en la terminal, desde la carpeta del proyecto: . ejemplos/llamar.sh && TOKEN=$(entrar "$CORREO" "$CLAVE")

# variable NOMBRE: la del entorno o, si no está, la de .env
variable() {
    eval "valor=\${$1:-}"
    [ -n "$valor" ] || [ ! -f .env ] || valor=$(sed -n "s/^$1=//p" .env)
    printf '%s' "$valor"
}

# direccion VARIABLE PUERTO BASE: la de un servicio en este equipo
direccion() {
    puerto=$(variable "$1")
    printf 'http://127.0.0.1:%s/api/%s' "${puerto:-$2}" "$3"
}

AUTH=$(direccion AUTH_SERVICE_PORT 5001 auth)
INVENTARIO=$(direccion INVENTARIO_SERVICE_PORT 5002 inventario)
HISTORIA=$(direccion HISTORIA_CLINICA_SERVICE_PORT 5003 historia-clinica)
FACTURACION=$(direccion FACTURACION_SERVICE_PORT 5004 facturacion)
CITAS=$(direccion CITAS_SERVICE_PORT 5005 citas)
HOY=$(TZ=ECT5 date +%Y-%m-%d) # el día del Ecuador, esté donde esté el reloj

PYTHON=python3
for lugar in .venv/bin/python .venv/Scripts/python.exe; do
    if [ -x "$lugar" ]; then PYTHON=$lugar; fi
done

# llamar CAMINO opciones de curl…: llama y dice el valor de «data» que hay en ese camino; sin camino, nada.
# Si el servidor se niega, dice lo que contestó y falla.
llamar() {
    camino=$1
    shift
    contestado=$(curl -sS -H 'Content-Type: application/json' "$@") || {
        echo 'El servidor no contesta. ¿Está en marcha ./run_all.sh?' >&2
        return 1
    }
    printf '%s' "$contestado" | "$PYTHON" ejemplos/leer.py "$camino"
}

# pedir CAMINO opciones de curl…: lo mismo, con la sesión abierta
pedir() { llamar "$@" -H "Authorization: Bearer $TOKEN"; }

# bajar ARCHIVO DIRECCIÓN: guarda lo que no es JSON
bajar() {
    estado=$(curl -sS -o "$1" -w '%{http_code}' -H "Authorization: Bearer $TOKEN" "$2")
    [ "$estado" = 200 ] || { "$PYTHON" ejemplos/leer.py '' <"$1"; rm -f "$1"; return 1; }
}

# entrar CORREO CONTRASEÑA: abre una sesión y dice su token
entrar() { llamar token "$AUTH/login" -d "{\"email\": \"$1\", \"password\": \"$2\"}"; }

CORREO=$(variable ADMIN_EMAIL)
CLAVE=$(variable ADMIN_PASSWORD)
[ -n "$CLAVE" ] || {
    echo 'Falta ADMIN_PASSWORD en .env: arranque ./run_all.sh, o diga ADMIN_EMAIL=… ADMIN_PASSWORD=…' >&2
    return 1
}
