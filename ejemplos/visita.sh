#!/bin/sh
# Una visita, de la entrada a la ganancia. Con el sistema en marcha: ejemplos/visita.sh
# Crea su propia doctora, paciente, insumos y tratamiento, así que se puede repetir cuantas veces se quiera.
set -eu
cd "$(dirname "$0")/.."
. ejemplos/llamar.sh

MARCA=$(date +%y%m%d%H%M%S)-$$ # distinta cada vez: códigos, correos y documentos no se pueden repetir

# Entrar con la cuenta de administración que run_all dejó en .env
TOKEN=$(entrar "$CORREO" "$CLAVE")
DEL_DIA="metrics.total_income,iva_collected,cost_of_goods,total_expenses,profit"
ANTES=$(pedir "$DEL_DIA" "$FACTURACION/reports/dashboard?date_from=$HOY&date_to=$HOY")

# Una doctora nueva
ROL=$(pedir roles.name=Doctor.role_id "$AUTH/roles")
DOCTORA=$(pedir user.user_id "$AUTH/register" -d "{\"email\": \"elena.ruiz.$MARCA@clinica.local\", \"password\": \"$CLAVE\", \"full_name\": \"Dra. Elena Ruiz\", \"role_id\": $ROL}")

# Bodega: dos insumos, un producto de venta y un tratamiento con su receta
GUANTES=$(pedir product.product_id "$INVENTARIO/products" -d "{\"sku\": \"GUA-$MARCA\", \"name\": \"Guantes de látex\", \"unit\": \"par\", \"cost_price\": 0.25, \"stock_quantity\": 100}")
ANESTESIA=$(pedir product.product_id "$INVENTARIO/products" -d "{\"sku\": \"ANE-$MARCA\", \"name\": \"Anestesia\", \"cost_price\": 1.50, \"stock_quantity\": 20}")
ENJUAGUE=$(pedir product.product_id "$INVENTARIO/products" -d "{\"sku\": \"ENJ-$MARCA\", \"name\": \"Enjuague\", \"cost_price\": 3.20, \"sale_price\": 6.00, \"iva_rate\": 15, \"stock_quantity\": 12}")
CURACION=$(pedir treatment.treatment_id "$INVENTARIO/treatments" -d "{\"name\": \"Curación de caries $MARCA\", \"category\": \"Odontología\", \"base_price\": 40.00}")
pedir '' "$INVENTARIO/treatments/$CURACION/recipe" -d "{\"product_id\": $GUANTES, \"quantity_needed\": 2}"
pedir '' "$INVENTARIO/treatments/$CURACION/recipe" -d "{\"product_id\": $ANESTESIA, \"quantity_needed\": 1}"
COSTO=$(pedir treatment.cost "$INVENTARIO/treatments/$CURACION")
echo "La curación cuesta en insumos: $COSTO"

# Recepción: registrar a la paciente y agendarla
PACIENTE=$(pedir patient.patient_id "$HISTORIA/patients" -d "{\"doc_type\": \"PASAPORTE\", \"doc_number\": \"$MARCA\", \"first_name\": \"María José\", \"last_name\": \"Benítez Ñacato\", \"birth_date\": \"1990-04-12\"}")
CITA=$(pedir appointment.appointment_id "$CITAS/appointments" -d "{\"patient_id\": $PACIENTE, \"doctor_id\": $DOCTORA, \"start_time\": \"${HOY}T09:00\", \"end_time\": \"${HOY}T09:45\", \"reason\": \"Dolor de muela\"}")
CRUZADA=$(pedir '' "$CITAS/appointments" -d "{\"patient_id\": $PACIENTE, \"doctor_id\": $DOCTORA, \"start_time\": \"${HOY}T09:30\", \"end_time\": \"${HOY}T10:00\"}" 2>&1 | head -n 1)
echo "Otra cita que se cruza: $CRUZADA"

# La doctora: lo que hace, la nota y completar; al completar salen los insumos
TOKEN_ADMIN=$TOKEN
TOKEN=$(entrar "elena.ruiz.$MARCA@clinica.local" "$CLAVE")
pedir '' "$CITAS/appointments/$CITA/treatments" -d "{\"treatment_id\": $CURACION}"
pedir '' "$CITAS/appointments/$CITA/extras" -d "{\"product_id\": $ENJUAGUE}"
MASA=$(pedir note.vital_signs.bmi "$HISTORIA/appointments/$CITA/notes" -d '{"observations": "Caries en pieza 26, obturada.", "diagnoses": [{"code": "K02.1", "description": "Caries de la dentina", "type": "DEFINITIVO"}], "vital_signs": {"weight_kg": 61.5, "height_cm": 162}}')
echo "Índice de masa corporal en la nota: $MASA"
CONSUMO=$(pedir 'consumption.*.quantity,product_name,unit_cost' -X PATCH "$CITAS/appointments/$CITA/status" -d '{"status": "COMPLETED"}')
printf '%s\n' "$CONSUMO" | sed 's/^/Consumió: /'
TOKEN=$TOKEN_ADMIN
QUEDAN=$(pedir product.stock_quantity "$INVENTARIO/products/$GUANTES")
echo "Guantes que quedan: $QUEDAN"

# Caja: facturar la visita, emitir y cobrar; y un gasto del día
FACTURA=$(pedir invoice.invoice_id "$FACTURACION/invoices" -d "{\"appointment_id\": $CITA, \"status\": \"ISSUED\"}")
TOTAL=$(pedir invoice.total_amount -X PATCH "$FACTURACION/invoices/$FACTURA/status" -d '{"status": "PAID", "payment_method": "TRANSFERENCIA"}')
echo "Total de la factura: $TOTAL"
pedir '' "$FACTURACION/expenses" -d '{"description": "Luz", "amount": 15.50, "category": "Servicios básicos"}'

# El dueño: lo que esta visita y ese gasto le cambiaron al día
DESPUES=$(pedir "$DEL_DIA" "$FACTURACION/reports/dashboard?date_from=$HOY&date_to=$HOY")
printf '%s\n%s\n' "$ANTES" "$DESPUES" | LC_ALL=C awk '
    NR == 1 { split($0, antes) }
    NR == 2 {
        for (i = 1; i <= NF; i++) hoy[i] = $i - antes[i]
        printf "Ingreso %.2f (IVA aparte, %.2f) - insumos %.2f - gastos %.2f = ganancia %.2f\n", hoy[1], hoy[2], hoy[3], hoy[4], hoy[5]
    }'
