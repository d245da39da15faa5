"""Los datos de la clínica de muestra: personas inventadas, con documentos de prueba válidos."""

# (nombre, correo, rol)
STAFF = (
    ("Dra. Lucía Andrade", "lucia.andrade@clinica.local", "Doctor"),
    ("Dr. Mateo Cevallos", "mateo.cevallos@clinica.local", "Doctor"),
    ("Carmen Loor", "recepcion@clinica.local", "Recepcion"),
    ("Julio Chango", "bodega@clinica.local", "Bodega"),
    ("Rosa Quishpe", "contador@clinica.local", "Contador"),
)

# Qué puede hacer cada rol, en pocas palabras; el README lo dice igual.
DUTIES = {
    "Doctor": "su agenda, pacientes, antecedentes y notas; completar visitas",
    "Recepcion": "pacientes, agenda, facturar y cobrar; no ve notas clínicas",
    "Bodega": "productos, movimientos, tratamientos y sus recetas",
    "Contador": "facturas, anulaciones, notas de crédito, gastos, resultados y SRI",
}

# (código, nombre, categoría, unidad, costo, precio, IVA, existencia inicial, aviso)
PRODUCTS = (
    ("GUA-100", "Guantes de nitrilo", "Insumos", "par", "0.18", "0.00", 15, 900, 100),
    ("MAS-050", "Mascarilla quirúrgica", "Insumos", "unidad", "0.06", "0.00", 15, 800, 100),
    ("ANE-018", "Anestesia lidocaína 2 %", "Medicinas", "cartucho", "0.85", "0.00", 0, 260, 40),
    ("RES-A2", "Resina compuesta A2", "Materiales", "gramo", "2.40", "0.00", 15, 120, 20),
    ("GAS-010", "Gasa estéril", "Insumos", "paquete", "0.22", "0.00", 15, 400, 60),
    ("SUT-40", "Sutura seda 4-0", "Insumos", "unidad", "1.75", "0.00", 15, 60, 15),
    ("FLU-125", "Flúor en barniz", "Materiales", "dosis", "0.95", "0.00", 15, 90, 20),
    ("CEP-01", "Cepillo dental suave", "Venta", "unidad", "1.10", "2.50", 15, 80, 15),
    ("ENJ-250", "Enjuague bucal 250 ml", "Venta", "frasco", "3.20", "6.00", 15, 45, 12),
    ("IBU-400", "Ibuprofeno 400 mg", "Medicinas", "tableta", "0.08", "0.20", 0, 500, 80),
)

# (nombre, categoría, precio, IVA, minutos, receta: código → cantidad)
TREATMENTS = (
    ("Consulta general", "Consulta", "25.00", 0, 30, {"GUA-100": "1", "MAS-050": "1"}),
    (
        "Profilaxis dental",
        "Odontología",
        "35.00",
        0,
        45,
        {"GUA-100": "2", "MAS-050": "1", "FLU-125": "1", "GAS-010": "1"},
    ),
    (
        "Resina de una superficie",
        "Odontología",
        "40.00",
        0,
        45,
        {"GUA-100": "2", "MAS-050": "1", "ANE-018": "1", "RES-A2": "0.8", "GAS-010": "1"},
    ),
    (
        "Extracción simple",
        "Odontología",
        "45.00",
        0,
        60,
        {"GUA-100": "2", "MAS-050": "1", "ANE-018": "2", "GAS-010": "2", "SUT-40": "1"},
    ),
    ("Curación de herida", "Enfermería", "18.00", 0, 30, {"GUA-100": "1", "GAS-010": "3"}),
    (
        "Blanqueamiento dental",
        "Estética",
        "120.00",
        15,
        90,
        {"GUA-100": "2", "MAS-050": "2", "FLU-125": "2"},
    ),
)

FIRST_NAMES = (
    "Ana María",
    "José Luis",
    "Verónica",
    "Segundo",
    "Gabriela",
    "Byron",
    "Nathalie",
    "Ángel",
    "Mónica",
    "Kléber",
    "Íngrid",
    "Wilson",
)
LAST_NAMES = ("Pérez Ñaupari", "Guamán Toaquiza", "Zambrano Vera", "Cárdenas Ruiz")

DIAGNOSES = (
    ("K021", "Caries de la dentina"),
    ("K051", "Gingivitis crónica"),
    ("J029", "Faringitis aguda, no especificada"),
    ("Z012", "Examen odontológico"),
)

# (día del mes, descripción, monto, categoría, proveedor)
MONTHLY_EXPENSES = (
    (1, "Arriendo del local", "650.00", "Local", "Inmobiliaria Los Andes"),
    (5, "Planilla de luz", "84.30", "Servicios básicos", "Empresa Eléctrica"),
    (6, "Planilla de agua", "31.75", "Servicios básicos", "Empresa de Agua"),
    (8, "Internet y telefonía", "48.00", "Servicios básicos", "Proveedor de internet"),
    (15, "Publicidad en redes", "60.00", "Publicidad", "Agencia Mitad del Mundo"),
    (20, "Mantenimiento de equipos", "110.00", "Mantenimiento", "Biomédica del Sur"),
)

# La clínica inventada que emite comprobantes electrónicos, en PRUEBAS y desde la serie de la configuración.
ISSUER = {
    "environment": "PRUEBAS",
    "ruc": "1799000012001",
    "legal_name": "CLÍNICA DE MUESTRA S.A. (DATOS INVENTADOS)",
    "trade_name": "Clínica de Muestra",
    "head_office_address": "Av. de los Ejemplos N1-23 y Calle Inventada, Quito",
    "keeps_accounting": True,
}

# (comprador, o None si es el paciente; forma de pago; líneas: qué, cantidad, descuento; si se cobró)
ELECTRONIC_INVOICES = (
    (None, "EFECTIVO", (("Consulta general", "1", "0"),), True),
    (
        {
            "id_type": "RUC",
            "id_number": "1791234567001",
            "name": "COMERCIAL DE MUESTRA CÍA. LTDA.",
            "email": "compras@comercial.test",
            "address": "Calle Inventada 45, Quito",
        },
        "TARJETA_CREDITO",
        (("Profilaxis dental", "1", "0"), ("Blanqueamiento dental", "1", "12.00")),
        True,
    ),
    ({"id_type": "CONSUMIDOR_FINAL"}, "EFECTIVO", (("ENJ-250", "2", "0"), ("IBU-400", "10", "0")), True),
    (None, "TRANSFERENCIA", (("Resina de una superficie", "1", "0"), ("CEP-01", "3", "0.50")), False),
)
# De la última factura: (línea, cantidad que se devuelve, motivo)
CREDIT_NOTE = (2, "1", "Devolución de un cepillo que llegó roto")
