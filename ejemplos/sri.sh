#!/bin/sh
# Comprobantes electrónicos, de nada a PRODUCCION. Con el sistema en marcha:
#
#   ejemplos/sri.sh                  ensaya en PRUEBAS: quien emite, firma, factura, nota de crédito, anulación, mes
#   ejemplos/sri.sh produccion       pasa a PRODUCCION y emite la primera factura
#
# Tal como está, inventa quién emite y su firma y los usa con el SRI simulado. Con su propia base, diga los suyos:
#
#   RUC=… RAZON_SOCIAL=… DIRECCION=… FIRMA=archivo.p12 CLAVE_FIRMA=… ejemplos/sri.sh
#   SERIE=001-002 ULTIMA_FACTURA=1840 ULTIMA_NOTA=37 ejemplos/sri.sh produccion
#
# Se puede repetir: lo ya puesto se vuelve a poner igual y cada vez se emiten comprobantes nuevos.
set -eu
cd "$(dirname "$0")/.."
. ejemplos/llamar.sh

CLIENTA='{"id_type": "CEDULA", "id_number": "1712345675", "name": "Benítez Ñacato María José", "email": "maria@correo.ec"}'
CONSULTA='{"description": "Consulta general", "unit_price": 40.00}'
CREMAS='{"description": "Crema hidratante", "quantity": 2, "unit_price": 10.00, "discount": 5.00, "iva_rate": 15}'

# esperar CAMINO DIRECCIÓN: pregunta hasta que el SRI decide y dice en qué quedó
esperar() {
    while :; do
        decidido=$(pedir "$1" "$2") || return 1
        case $decidido in AUTORIZADO | DEVUELTO | NO_AUTORIZADO) break ;; esac
        sleep 1
    done
    echo "$decidido"
}

# inventar: quien emite y su firma, que el SRI de verdad rechazaría
inventar() {
    RUC=1799000012001 RAZON_SOCIAL='CLÍNICA LOS ANDES S.A.' DIRECCION='Av. Amazonas N34-45, Quito'
    FIRMA=firma-de-ensayo.p12 CLAVE_FIRMA='Ensayo-2026'
    [ -f "$FIRMA" ] || "$PYTHON" -m scripts.demo_certificate "$RUC" "$RAZON_SOCIAL" "$CLAVE_FIRMA" "$FIRMA" >/dev/null
}

pruebas() {
    if [ "$AMBIENTE" = PRODUCCION ]; then
        echo 'Ya se emite en PRODUCCION: este ensayo la devolvería a PRUEBAS.' >&2
        exit 1
    fi

    # 1. Quien emite, como consta en el RUC. Después basta con enviar lo que cambie.
    AMBIENTE=$(pedir settings.environment -X PUT "$FACTURACION/sri/settings" -d "{\"environment\": \"PRUEBAS\", \"ruc\": \"$RUC\", \"legal_name\": \"$RAZON_SOCIAL\", \"head_office_address\": \"$DIRECCION\", \"keeps_accounting\": true, \"establishments\": [{\"establishment\": \"001\", \"address\": \"$DIRECCION\", \"emission_points\": [\"001\", \"002\"]}]}")
    echo "Ambiente: $AMBIENTE"

    # 2. La firma: el archivo va en base64 y ni él ni su contraseña se guardan, solo la clave, cifrada
    EN_BASE64=$(base64 <"$FIRMA" | tr -d '\n')
    TITULAR=$(printf '{"file_base64": "%s", "password": "%s"}' "$EN_BASE64" "$CLAVE_FIRMA" |
        pedir certificate.rucs.0 "$FACTURACION/sri/certificate" -d @-)
    echo "RUC de la firma: $TITULAR"

    # 3. ¿Qué falta? Lo que impide («sí») no deja autorizar; lo demás es lo que conviene saber
    FALTA=$(pedir 'problems.*.blocking,code' "$FACTURACION/sri/preflight")
    printf '%s\n' "$FALTA" | sed 's/^/¿Impide emitir? /'

    # 4. Emitir. El número, la clave y el XML salen aquí mismo; lo demás lo hace el trabajador
    FACTURA=$(pedir invoice.invoice_id "$FACTURACION/invoices" -d "{\"buyer\": $CLIENTA, \"items\": [$CONSULTA, $CREMAS], \"payment_method\": \"TRANSFERENCIA\", \"status\": \"ISSUED\"}")
    QUEDO=$(esperar invoice.sri.status "$FACTURACION/invoices/$FACTURA")
    echo "Factura: $QUEDO"

    # 5. El RIDE y el XML con su autorización: lo que se entrega al comprador
    bajar ride.pdf "$FACTURACION/invoices/$FACTURA/ride.pdf"
    bajar factura-autorizada.xml "$FACTURACION/invoices/$FACTURA/xml?authorization=true"

    # 6. Devolver una crema: nota de crédito por esa línea. Sin «items», devuelve todo lo que quede
    CREMA=$(pedir invoice.items.1.item_id "$FACTURACION/invoices/$FACTURA")
    NOTA=$(pedir credit_note.credit_note_id "$FACTURACION/invoices/$FACTURA/credit-notes" -d "{\"reason\": \"Devolución\", \"items\": [{\"item_id\": $CREMA, \"quantity\": 1}]}")
    QUEDO=$(esperar credit_note.sri.status "$FACTURACION/credit-notes/$NOTA")
    echo "Nota de crédito: $QUEDO"

    # 7. Anular otra: primero en el portal del SRI, que no tiene servicio web para ello; después se registra aquí
    OTRA=$(pedir invoice.invoice_id "$FACTURACION/invoices" -d "{\"buyer\": $CLIENTA, \"items\": [$CONSULTA], \"status\": \"ISSUED\"}")
    esperar invoice.sri.status "$FACTURACION/invoices/$OTRA" >/dev/null
    SE_PUEDE=$(pedir annulment.allowed "$FACTURACION/invoices/$OTRA/annulment")
    echo "¿Se puede anular? $SE_PUEDE"
    QUEDO=$(pedir invoice.status -X PATCH "$FACTURACION/invoices/$OTRA/status" -d '{"status": "ANNULLED", "reason": "Se facturó dos veces; anulada en el portal"}')
    echo "La otra factura: $QUEDO"

    # 8. El mes para contabilidad: XML autorizados, RIDE, libro de ventas y formulario 104
    bajar mes.zip "$FACTURACION/reports/sri-month.zip?month=${HOY%-*}"
    echo 'Quedan aquí ride.pdf, factura-autorizada.xml y mes.zip.'
}

# numerar TIPO ÚLTIMO: el último número que se usó en otro sistema, de facturas (01) o de notas de crédito (04)
numerar() {
    SIGUE=$(pedir sequence.last_number -X PUT "$FACTURACION/sri/sequences" -d "{\"doc_code\": \"$1\", \"establishment\": \"${SERIE%-*}\", \"emission_point\": \"${SERIE#*-}\", \"environment\": \"PRODUCCION\", \"last_number\": $2}")
    echo "Último número usado ($1): $SIGUE"
}

produccion() {
    echo 'Lo que se emita en PRODUCCION con el SRI de verdad tiene valor legal. Para seguir, escriba PRODUCCION.'
    read -r RESPUESTA
    [ "$RESPUESTA" = PRODUCCION ] || exit 1

    # 1. Si la serie viene de otro sistema, seguir su numeración; una vez en PRODUCCION ya no retrocede
    SERIE=${SERIE:-001-002}
    if [ "$AMBIENTE" != PRODUCCION ]; then
        if [ -n "${ULTIMA_FACTURA:-}" ]; then numerar 01 "$ULTIMA_FACTURA"; fi
        if [ -n "${ULTIMA_NOTA:-}" ]; then numerar 04 "$ULTIMA_NOTA"; fi
    fi

    # 2. El cambio; desde aquí, lo que se emita vale
    AMBIENTE=$(pedir settings.environment -X PUT "$FACTURACION/sri/settings" -d '{"environment": "PRODUCCION"}')
    LISTO=$(pedir ready "$FACTURACION/sri/preflight")
    echo "Ambiente: $AMBIENTE. ¿Listo? $LISTO"

    # 3. La primera factura de la serie; sin «series» es la de INVOICE_ESTABLISHMENT e INVOICE_EMISSION_POINT.
    # Con su propia base la emite usted: esta es de mentira.
    if [ -n "$BASE_PROPIA" ]; then return; fi
    PRIMERA=$(pedir invoice.invoice_id "$FACTURACION/invoices" -d "{\"buyer\": $CLIENTA, \"items\": [$CONSULTA], \"series\": \"$SERIE\", \"status\": \"ISSUED\"}")
    NUMERO=$(pedir invoice.invoice_number "$FACTURACION/invoices/$PRIMERA")
    QUEDO=$(esperar invoice.sri.status "$FACTURACION/invoices/$PRIMERA")
    echo "Factura $NUMERO: $QUEDO"
}

BASE_PROPIA=$(variable DATABASE_URL)
if [ -z "$BASE_PROPIA" ]; then
    inventar
elif [ "${1:-pruebas}" = pruebas ] && [ -z "${RUC:+${FIRMA:-}}" ]; then
    echo 'Con su propia base, diga quién emite y con qué firma: RUC, RAZON_SOCIAL, DIRECCION, FIRMA y CLAVE_FIRMA.' >&2
    exit 1
fi
TOKEN=$(entrar "$CORREO" "$CLAVE")
AMBIENTE=$(pedir settings.environment "$FACTURACION/sri/settings")

case ${1:-pruebas} in
pruebas) pruebas ;;
produccion) produccion ;;
*)
    echo 'Se usa así: ejemplos/sri.sh [pruebas | produccion]' >&2
    exit 2
    ;;
esac
