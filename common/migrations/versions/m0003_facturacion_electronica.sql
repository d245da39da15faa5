-- Facturación electrónica y notas de crédito.

ALTER TABLE invoices
  ADD COLUMN additional_info JSONB DEFAULT '[]' NOT NULL,
  ADD COLUMN is_test BOOLEAN DEFAULT false NOT NULL,
  ADD COLUMN credited_in_full BOOLEAN DEFAULT false NOT NULL,
  DROP CONSTRAINT uq_invoices_invoice_number,
  ADD CONSTRAINT uq_invoices_invoice_number_is_test UNIQUE (invoice_number, is_test);

COMMENT ON COLUMN invoices.additional_info IS 'Datos que la clínica añade al comprobante: nombre y texto.';

COMMENT ON COLUMN invoices.is_test IS 'Si se emitió en el ambiente de pruebas del SRI.';

COMMENT ON COLUMN invoices.credited_in_full IS 'Si sus notas de crédito la devolvieron entera.';

DROP INDEX uq_invoices_live_appointment;

CREATE UNIQUE INDEX uq_invoices_live_appointment ON invoices (appointment_id) WHERE status <> 'ANNULLED' AND NOT credited_in_full;

CREATE TABLE sri_settings (
  settings_id INTEGER NOT NULL,
  environment TEXT NOT NULL,
  ruc TEXT NOT NULL,
  legal_name TEXT NOT NULL,
  trade_name TEXT,
  head_office_address TEXT NOT NULL,
  keeps_accounting BOOLEAN NOT NULL,
  special_taxpayer_number TEXT,
  withholding_agent_number TEXT,
  rimpe TEXT,
  large_taxpayer_resolution TEXT,
  provider_ruc TEXT,
  consumidor_final_limit NUMERIC(14, 2) NOT NULL,
  transmission_enabled BOOLEAN NOT NULL,
  stopped_reason TEXT,
  renumbers_automatically BOOLEAN NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_by INTEGER NOT NULL,
  CONSTRAINT pk_sri_settings PRIMARY KEY (settings_id),
  CONSTRAINT ck_sri_settings_single_row CHECK (settings_id = 1),
  CONSTRAINT ck_sri_settings_environment CHECK (environment IN ('PRUEBAS', 'PRODUCCION')),
  CONSTRAINT ck_sri_settings_rimpe CHECK (rimpe IN ('RIMPE', 'NEGOCIO_POPULAR')),
  CONSTRAINT ck_sri_settings_ruc_shape CHECK (ruc ~ '^[0-9]{10}001$'),
  CONSTRAINT ck_sri_settings_provider_ruc_shape CHECK (provider_ruc ~ '^[0-9]{13}$'),
  CONSTRAINT ck_sri_settings_special_taxpayer_shape CHECK (special_taxpayer_number ~ '^[0-9A-Za-z]{3,13}$'),
  CONSTRAINT ck_sri_settings_withholding_agent_shape CHECK (withholding_agent_number ~ '^[1-9][0-9]{0,7}$'),
  CONSTRAINT ck_sri_settings_texts_not_empty CHECK (legal_name <> '' AND head_office_address <> '' AND large_taxpayer_resolution <> ''),
  CONSTRAINT ck_sri_settings_limit_not_negative CHECK (consumidor_final_limit >= 0),
  CONSTRAINT fk_sri_settings_updated_by FOREIGN KEY(updated_by) REFERENCES users (user_id)
);

COMMENT ON TABLE sri_settings IS 'Datos del emisor de comprobantes electrónicos; a lo sumo una fila.';

COMMENT ON COLUMN sri_settings.settings_id IS 'Siempre 1: hay un solo emisor.';

COMMENT ON COLUMN sri_settings.environment IS 'PRUEBAS o PRODUCCION.';

COMMENT ON COLUMN sri_settings.ruc IS 'RUC del emisor.';

COMMENT ON COLUMN sri_settings.legal_name IS 'Razón social.';

COMMENT ON COLUMN sri_settings.trade_name IS 'Nombre comercial.';

COMMENT ON COLUMN sri_settings.head_office_address IS 'Dirección de la matriz.';

COMMENT ON COLUMN sri_settings.keeps_accounting IS 'Obligado a llevar contabilidad.';

COMMENT ON COLUMN sri_settings.special_taxpayer_number IS 'Resolución de contribuyente especial.';

COMMENT ON COLUMN sri_settings.withholding_agent_number IS 'Resolución de agente de retención, sin ceros delante.';

COMMENT ON COLUMN sri_settings.rimpe IS 'RIMPE o NEGOCIO_POPULAR, si está en ese régimen.';

COMMENT ON COLUMN sri_settings.large_taxpayer_resolution IS 'Resolución de gran contribuyente, si lo es.';

COMMENT ON COLUMN sri_settings.provider_ruc IS 'RUC de quien provee el sistema (NAC-DGERCGC26-00000027).';

COMMENT ON COLUMN sri_settings.consumidor_final_limit IS 'Máximo con IVA de una factura a consumidor final, en dólares.';

COMMENT ON COLUMN sri_settings.transmission_enabled IS 'Si los comprobantes se envían al SRI.';

COMMENT ON COLUMN sri_settings.stopped_reason IS 'Por qué el SRI no admite más comprobantes de este emisor, hasta que alguien lo resuelva.';

COMMENT ON COLUMN sri_settings.renumbers_automatically IS 'Si un comprobante con número repetido o fuera de fecha toma solo el número siguiente.';

COMMENT ON COLUMN sri_settings.created_at IS 'Instante en que se registró.';

COMMENT ON COLUMN sri_settings.updated_at IS 'Instante del último cambio.';

COMMENT ON COLUMN sri_settings.updated_by IS 'Quien lo cambió.';

CREATE TABLE sri_logo (
  logo_id INTEGER NOT NULL,
  image BYTEA NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_by INTEGER NOT NULL,
  CONSTRAINT pk_sri_logo PRIMARY KEY (logo_id),
  CONSTRAINT ck_sri_logo_single_row CHECK (logo_id = 1),
  CONSTRAINT ck_sri_logo_image_not_empty CHECK (octet_length(image) > 0),
  CONSTRAINT fk_sri_logo_updated_by FOREIGN KEY(updated_by) REFERENCES users (user_id)
);

COMMENT ON TABLE sri_logo IS 'Logotipo que va en el RIDE; a lo sumo una fila.';

COMMENT ON COLUMN sri_logo.logo_id IS 'Siempre 1.';

COMMENT ON COLUMN sri_logo.image IS 'La imagen PNG.';

COMMENT ON COLUMN sri_logo.updated_at IS 'Instante del último cambio.';

COMMENT ON COLUMN sri_logo.updated_by IS 'Quien lo puso.';

CREATE TABLE sri_establishments (
  establishment TEXT NOT NULL,
  address TEXT NOT NULL,
  emission_points TEXT[] NOT NULL,
  CONSTRAINT pk_sri_establishments PRIMARY KEY (establishment),
  CONSTRAINT ck_sri_establishments_establishment CHECK (establishment ~ '^[0-9]{3}$' AND establishment <> '000'),
  CONSTRAINT ck_sri_establishments_address_not_empty CHECK (address <> ''),
  CONSTRAINT ck_sri_establishments_has_emission_points CHECK (cardinality(emission_points) > 0)
);

COMMENT ON TABLE sri_establishments IS 'Establecimientos del emisor y sus puntos de emisión.';

COMMENT ON COLUMN sri_establishments.establishment IS 'Tres dígitos.';

COMMENT ON COLUMN sri_establishments.address IS 'Dirección del establecimiento.';

COMMENT ON COLUMN sri_establishments.emission_points IS 'Sus puntos de emisión, tres dígitos cada uno.';

CREATE TABLE sri_certificates (
  certificate_id INTEGER GENERATED BY DEFAULT AS IDENTITY,
  sealed BYTEA NOT NULL,
  fingerprint TEXT NOT NULL,
  subject TEXT NOT NULL,
  issuer TEXT NOT NULL,
  serial_number TEXT NOT NULL,
  rucs TEXT[] NOT NULL,
  valid_from TIMESTAMP WITH TIME ZONE NOT NULL,
  valid_to TIMESTAMP WITH TIME ZONE NOT NULL,
  is_current BOOLEAN NOT NULL,
  uploaded_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  uploaded_by INTEGER NOT NULL,
  CONSTRAINT pk_sri_certificates PRIMARY KEY (certificate_id),
  CONSTRAINT ck_sri_certificates_validity CHECK (valid_to > valid_from),
  CONSTRAINT fk_sri_certificates_uploaded_by FOREIGN KEY(uploaded_by) REFERENCES users (user_id)
);

CREATE UNIQUE INDEX uq_sri_certificates_current ON sri_certificates (is_current) WHERE is_current;

COMMENT ON TABLE sri_certificates IS 'Certificados de firma electrónica, cifrados con una clave que no está en la base.';

COMMENT ON COLUMN sri_certificates.certificate_id IS 'Número interno.';

COMMENT ON COLUMN sri_certificates.sealed IS 'Clave privada y certificado, cifrados con AES-GCM.';

COMMENT ON COLUMN sri_certificates.fingerprint IS 'Resumen SHA-256 del certificado.';

COMMENT ON COLUMN sri_certificates.subject IS 'A nombre de quién está.';

COMMENT ON COLUMN sri_certificates.issuer IS 'Entidad que lo emitió.';

COMMENT ON COLUMN sri_certificates.serial_number IS 'Número de serie, en decimal.';

COMMENT ON COLUMN sri_certificates.rucs IS 'Los RUC que nombra.';

COMMENT ON COLUMN sri_certificates.valid_from IS 'Desde cuándo vale.';

COMMENT ON COLUMN sri_certificates.valid_to IS 'Hasta cuándo vale.';

COMMENT ON COLUMN sri_certificates.is_current IS 'Si es con el que se firma.';

COMMENT ON COLUMN sri_certificates.uploaded_at IS 'Instante en que se subió.';

COMMENT ON COLUMN sri_certificates.uploaded_by IS 'Quien lo subió.';

CREATE TABLE sri_test_sequences (
  doc_code TEXT NOT NULL,
  establishment TEXT NOT NULL,
  emission_point TEXT NOT NULL,
  last_number INTEGER DEFAULT '0' NOT NULL,
  CONSTRAINT pk_sri_test_sequences PRIMARY KEY (doc_code, establishment, emission_point),
  CONSTRAINT ck_sri_test_sequences_last_number CHECK (last_number BETWEEN 0 AND 999999999),
  CONSTRAINT ck_sri_test_sequences_series CHECK (establishment ~ '^[0-9]{3}$' AND emission_point ~ '^[0-9]{3}$')
);

COMMENT ON TABLE sri_test_sequences IS 'Último número usado en pruebas por documento, establecimiento y punto de emisión.';

COMMENT ON COLUMN sri_test_sequences.doc_code IS 'Código SRI: 01 factura, 04 nota.';

COMMENT ON COLUMN sri_test_sequences.establishment IS 'Establecimiento.';

COMMENT ON COLUMN sri_test_sequences.emission_point IS 'Punto de emisión.';

COMMENT ON COLUMN sri_test_sequences.last_number IS 'Último número usado.';

CREATE TABLE credit_notes (
  credit_note_id INTEGER GENERATED BY DEFAULT AS IDENTITY,
  credit_note_number TEXT NOT NULL,
  is_test BOOLEAN DEFAULT 'false' NOT NULL,
  invoice_id INTEGER NOT NULL,
  issue_date DATE NOT NULL,
  reason TEXT NOT NULL,
  restocked BOOLEAN NOT NULL,
  subtotal NUMERIC(14, 2) NOT NULL,
  iva_amount NUMERIC(14, 2) NOT NULL,
  total_amount NUMERIC(14, 2) NOT NULL,
  status TEXT DEFAULT 'ISSUED' NOT NULL,
  annulled_reason TEXT,
  annulled_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  created_by INTEGER NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_credit_notes PRIMARY KEY (credit_note_id),
  CONSTRAINT uq_credit_notes_credit_note_number_is_test UNIQUE (credit_note_number, is_test),
  CONSTRAINT ck_credit_notes_status CHECK (status IN ('ISSUED', 'ANNULLED')),
  CONSTRAINT ck_credit_notes_number_shape CHECK (credit_note_number ~ '^[0-9]{3}-[0-9]{3}-[0-9]{9}$'),
  CONSTRAINT ck_credit_notes_amounts_not_negative CHECK (subtotal >= 0 AND iva_amount >= 0),
  CONSTRAINT ck_credit_notes_total CHECK (total_amount = subtotal + iva_amount AND total_amount > 0),
  CONSTRAINT ck_credit_notes_reason_not_empty CHECK (reason <> ''),
  CONSTRAINT ck_credit_notes_annulled CHECK ((status = 'ANNULLED') = (annulled_at IS NOT NULL) AND (status = 'ANNULLED') = (annulled_reason IS NOT NULL)),
  CONSTRAINT fk_credit_notes_invoice_id FOREIGN KEY(invoice_id) REFERENCES invoices (invoice_id),
  CONSTRAINT fk_credit_notes_created_by FOREIGN KEY(created_by) REFERENCES users (user_id)
);

CREATE INDEX ix_credit_notes_invoice ON credit_notes (invoice_id);

CREATE INDEX ix_credit_notes_issue_date ON credit_notes (issue_date, credit_note_id);

COMMENT ON TABLE credit_notes IS 'Notas de crédito: lo que se devuelve, en todo o en parte, de una factura emitida.';

COMMENT ON COLUMN credit_notes.credit_note_id IS 'Número interno.';

COMMENT ON COLUMN credit_notes.credit_note_number IS 'Número legal 001-001-000000123.';

COMMENT ON COLUMN credit_notes.is_test IS 'Si se emitió en el ambiente de pruebas del SRI.';

COMMENT ON COLUMN credit_notes.invoice_id IS 'Factura que modifica.';

COMMENT ON COLUMN credit_notes.issue_date IS 'Fecha de emisión, día de la clínica.';

COMMENT ON COLUMN credit_notes.reason IS 'Motivo, que va en el documento.';

COMMENT ON COLUMN credit_notes.restocked IS 'Si lo devuelto volvió a inventario.';

COMMENT ON COLUMN credit_notes.subtotal IS 'Devuelto sin IVA, en dólares.';

COMMENT ON COLUMN credit_notes.iva_amount IS 'IVA devuelto, en dólares.';

COMMENT ON COLUMN credit_notes.total_amount IS 'Subtotal más IVA, en dólares.';

COMMENT ON COLUMN credit_notes.status IS 'ISSUED o ANNULLED.';

COMMENT ON COLUMN credit_notes.annulled_reason IS 'Por qué se anuló.';

COMMENT ON COLUMN credit_notes.annulled_at IS 'Instante en que se anuló.';

COMMENT ON COLUMN credit_notes.created_at IS 'Instante en que se registró.';

COMMENT ON COLUMN credit_notes.created_by IS 'Quien la emitió.';

COMMENT ON COLUMN credit_notes.updated_at IS 'Instante del último cambio.';

CREATE TABLE credit_note_items (
  item_id INTEGER GENERATED BY DEFAULT AS IDENTITY,
  credit_note_id INTEGER NOT NULL,
  line_number INTEGER NOT NULL,
  invoice_item_id INTEGER NOT NULL,
  description TEXT NOT NULL,
  quantity NUMERIC(14, 3) NOT NULL,
  returned_quantity NUMERIC(14, 3) NOT NULL,
  unit_price NUMERIC(14, 2) NOT NULL,
  discount NUMERIC(14, 2) DEFAULT '0' NOT NULL,
  iva_rate INTEGER NOT NULL,
  subtotal NUMERIC(14, 2) NOT NULL,
  CONSTRAINT pk_credit_note_items PRIMARY KEY (item_id),
  CONSTRAINT uq_credit_note_items_credit_note_id_line_number UNIQUE (credit_note_id, line_number),
  CONSTRAINT uq_credit_note_items_credit_note_id_invoice_item_id UNIQUE (credit_note_id, invoice_item_id),
  CONSTRAINT ck_credit_note_items_quantity_positive CHECK (quantity > 0),
  CONSTRAINT ck_credit_note_items_returned_quantity CHECK (returned_quantity >= 0 AND returned_quantity <= quantity),
  CONSTRAINT ck_credit_note_items_amounts_not_negative CHECK (unit_price >= 0 AND discount >= 0 AND subtotal >= 0),
  CONSTRAINT ck_credit_note_items_subtotal CHECK (subtotal = round(quantity * unit_price, 2) - discount),
  CONSTRAINT fk_credit_note_items_credit_note_id FOREIGN KEY(credit_note_id) REFERENCES credit_notes (credit_note_id),
  CONSTRAINT fk_credit_note_items_invoice_item_id FOREIGN KEY(invoice_item_id) REFERENCES invoice_items (item_id)
);

CREATE INDEX ix_credit_note_items_invoice_item ON credit_note_items (invoice_item_id);

COMMENT ON TABLE credit_note_items IS 'Líneas de las notas de crédito.';

COMMENT ON COLUMN credit_note_items.item_id IS 'Número de la línea.';

COMMENT ON COLUMN credit_note_items.credit_note_id IS 'Nota de crédito.';

COMMENT ON COLUMN credit_note_items.line_number IS 'Orden dentro de la nota, desde 1.';

COMMENT ON COLUMN credit_note_items.invoice_item_id IS 'Línea de la factura que modifica.';

COMMENT ON COLUMN credit_note_items.description IS 'Lo que se devuelve.';

COMMENT ON COLUMN credit_note_items.quantity IS 'Cantidad que va en el documento.';

COMMENT ON COLUMN credit_note_items.returned_quantity IS 'Cantidad devuelta de verdad; cero si solo se rebaja el precio.';

COMMENT ON COLUMN credit_note_items.unit_price IS 'Precio por unidad, sin IVA.';

COMMENT ON COLUMN credit_note_items.discount IS 'Descuento, en dólares.';

COMMENT ON COLUMN credit_note_items.iva_rate IS 'Tarifa de IVA de la línea original, en por ciento.';

COMMENT ON COLUMN credit_note_items.subtotal IS 'Cantidad por precio menos descuento.';

CREATE TABLE credit_note_taxes (
  credit_note_id INTEGER NOT NULL,
  iva_rate INTEGER NOT NULL,
  base NUMERIC(14, 2) NOT NULL,
  iva NUMERIC(14, 2) NOT NULL,
  CONSTRAINT pk_credit_note_taxes PRIMARY KEY (credit_note_id, iva_rate),
  CONSTRAINT ck_credit_note_taxes_amounts_not_negative CHECK (base >= 0 AND iva >= 0),
  CONSTRAINT ck_credit_note_taxes_iva CHECK (abs(iva - base * iva_rate / 100) < 0.01),
  CONSTRAINT fk_credit_note_taxes_credit_note_id FOREIGN KEY(credit_note_id) REFERENCES credit_notes (credit_note_id)
);

COMMENT ON TABLE credit_note_taxes IS 'IVA de cada nota de crédito por tarifa.';

COMMENT ON COLUMN credit_note_taxes.credit_note_id IS 'Nota de crédito.';

COMMENT ON COLUMN credit_note_taxes.iva_rate IS 'Tarifa, en por ciento.';

COMMENT ON COLUMN credit_note_taxes.base IS 'Suma de los subtotales a esa tarifa.';

COMMENT ON COLUMN credit_note_taxes.iva IS 'IVA de esa base.';

ALTER TABLE stock_movements
  ADD COLUMN credit_note_id INTEGER,
  ADD CONSTRAINT fk_stock_movements_credit_note_id FOREIGN KEY(credit_note_id) REFERENCES credit_notes (credit_note_id),
  ADD CONSTRAINT ck_stock_movements_credit_note_of_invoice CHECK (credit_note_id IS NULL OR invoice_id IS NOT NULL);

COMMENT ON COLUMN stock_movements.credit_note_id IS 'Nota de crédito de esa factura que lo causó, si fue ella.';

CREATE INDEX ix_stock_movements_credit_note ON stock_movements (credit_note_id) WHERE credit_note_id IS NOT NULL;

CREATE TABLE sri_documents (
  document_id INTEGER GENERATED BY DEFAULT AS IDENTITY,
  doc_code TEXT NOT NULL,
  invoice_id INTEGER NOT NULL,
  credit_note_id INTEGER,
  environment TEXT NOT NULL,
  ruc TEXT NOT NULL,
  document_number TEXT NOT NULL,
  issue_date DATE NOT NULL,
  access_key TEXT NOT NULL,
  status TEXT DEFAULT 'PENDIENTE' NOT NULL,
  unsigned_xml BYTEA NOT NULL,
  signed_xml BYTEA,
  authorized_xml BYTEA,
  certificate_id INTEGER,
  authorization_number TEXT,
  signed_at TIMESTAMP WITH TIME ZONE,
  sent_at TIMESTAMP WITH TIME ZONE,
  received_at TIMESTAMP WITH TIME ZONE,
  authorized_at TIMESTAMP WITH TIME ZONE,
  messages JSONB DEFAULT '[]' NOT NULL,
  attention TEXT,
  attempts INTEGER DEFAULT '0' NOT NULL,
  next_attempt_at TIMESTAMP WITH TIME ZONE,
  lease_owner TEXT,
  lease_until TIMESTAMP WITH TIME ZONE,
  voided_at TIMESTAMP WITH TIME ZONE,
  voided_reason TEXT,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_sri_documents PRIMARY KEY (document_id),
  CONSTRAINT uq_sri_documents_access_key UNIQUE (access_key),
  CONSTRAINT uq_sri_documents_environment_doc_code_document_number_ruc UNIQUE (environment, doc_code, document_number, ruc),
  CONSTRAINT ck_sri_documents_doc_code CHECK (doc_code IN ('01', '04')),
  CONSTRAINT ck_sri_documents_one_origin CHECK ((doc_code = '04') = (credit_note_id IS NOT NULL)),
  CONSTRAINT ck_sri_documents_environment CHECK (environment IN ('PRUEBAS', 'PRODUCCION')),
  CONSTRAINT ck_sri_documents_status CHECK (status IN ('PENDIENTE', 'FIRMADO', 'ENVIADO', 'RECIBIDO', 'AUTORIZADO', 'NO_AUTORIZADO', 'DEVUELTO')),
  CONSTRAINT ck_sri_documents_access_key_shape CHECK (access_key ~ '^[0-9]{49}$'),
  CONSTRAINT ck_sri_documents_signed_before_sending CHECK (status = 'PENDIENTE' OR signed_xml IS NOT NULL),
  CONSTRAINT ck_sri_documents_authorized CHECK ((status = 'AUTORIZADO') = (authorization_number IS NOT NULL) AND (authorization_number IS NULL OR authorization_number = access_key) AND (status <> 'AUTORIZADO' OR authorized_at IS NOT NULL) AND (status = 'AUTORIZADO' OR authorized_xml IS NULL)),
  CONSTRAINT ck_sri_documents_lease CHECK ((lease_until IS NULL) = (lease_owner IS NULL)),
  CONSTRAINT fk_sri_documents_invoice_id FOREIGN KEY(invoice_id) REFERENCES invoices (invoice_id),
  CONSTRAINT fk_sri_documents_credit_note_id FOREIGN KEY(credit_note_id) REFERENCES credit_notes (credit_note_id),
  CONSTRAINT fk_sri_documents_certificate_id FOREIGN KEY(certificate_id) REFERENCES sri_certificates (certificate_id)
);

CREATE INDEX ix_sri_documents_attention ON sri_documents (document_id) WHERE attention IS NOT NULL AND voided_at IS NULL;

CREATE INDEX ix_sri_documents_due ON sri_documents (next_attempt_at) WHERE next_attempt_at IS NOT NULL;

CREATE INDEX ix_sri_documents_invoice ON sri_documents (invoice_id);

CREATE INDEX ix_sri_documents_issue_date ON sri_documents (issue_date, document_id);

CREATE UNIQUE INDEX uq_sri_documents_live_credit_note ON sri_documents (credit_note_id) WHERE credit_note_id IS NOT NULL AND voided_at IS NULL;

CREATE UNIQUE INDEX uq_sri_documents_live_invoice ON sri_documents (invoice_id) WHERE doc_code = '01' AND voided_at IS NULL;

COMMENT ON TABLE sri_documents IS 'Comprobantes electrónicos y su envío al SRI.';

COMMENT ON COLUMN sri_documents.document_id IS 'Número interno.';

COMMENT ON COLUMN sri_documents.doc_code IS 'Código SRI: 01 factura, 04 nota de crédito.';

COMMENT ON COLUMN sri_documents.invoice_id IS 'Factura, o la que modifica la nota.';

COMMENT ON COLUMN sri_documents.credit_note_id IS 'Nota de crédito, si lo es.';

COMMENT ON COLUMN sri_documents.environment IS 'PRUEBAS o PRODUCCION.';

COMMENT ON COLUMN sri_documents.ruc IS 'RUC del emisor.';

COMMENT ON COLUMN sri_documents.document_number IS 'Número legal 001-001-000000123.';

COMMENT ON COLUMN sri_documents.issue_date IS 'Fecha de emisión, la de la clave de acceso.';

COMMENT ON COLUMN sri_documents.access_key IS 'Clave de acceso: 49 dígitos, sorteada una sola vez.';

COMMENT ON COLUMN sri_documents.status IS 'PENDIENTE, FIRMADO, ENVIADO, RECIBIDO, AUTORIZADO, NO_AUTORIZADO o DEVUELTO.';

COMMENT ON COLUMN sri_documents.unsigned_xml IS 'El documento, antes de firmar.';

COMMENT ON COLUMN sri_documents.signed_xml IS 'Los bytes firmados, tal como se envían.';

COMMENT ON COLUMN sri_documents.authorized_xml IS 'Lo que el SRI dice haber autorizado, si no son los bytes de signed_xml.';

COMMENT ON COLUMN sri_documents.certificate_id IS 'Certificado con que se firmó.';

COMMENT ON COLUMN sri_documents.authorization_number IS 'Número de autorización que dio el SRI; es la clave de acceso.';

COMMENT ON COLUMN sri_documents.signed_at IS 'Instante de la firma.';

COMMENT ON COLUMN sri_documents.sent_at IS 'Instante del último envío.';

COMMENT ON COLUMN sri_documents.received_at IS 'Instante en que el SRI lo recibió.';

COMMENT ON COLUMN sri_documents.authorized_at IS 'Instante de autorización, según el SRI.';

COMMENT ON COLUMN sri_documents.messages IS 'Los mensajes de la última respuesta del SRI.';

COMMENT ON COLUMN sri_documents.attention IS 'Qué tiene que hacer una persona, si algo.';

COMMENT ON COLUMN sri_documents.attempts IS 'Intentos seguidos que no avanzaron; decide la espera.';

COMMENT ON COLUMN sri_documents.next_attempt_at IS 'Cuándo toca el paso siguiente; vacío si no queda ninguno.';

COMMENT ON COLUMN sri_documents.lease_owner IS 'Trabajador que lo tiene.';

COMMENT ON COLUMN sri_documents.lease_until IS 'Hasta cuándo lo tiene.';

COMMENT ON COLUMN sri_documents.voided_at IS 'Instante en que el número quedó sin utilizar o se anuló.';

COMMENT ON COLUMN sri_documents.voided_reason IS 'Por qué.';

COMMENT ON COLUMN sri_documents.created_at IS 'Instante en que se registró.';

COMMENT ON COLUMN sri_documents.updated_at IS 'Instante del último cambio.';

CREATE TABLE sri_answers (
  answer_id BIGINT GENERATED BY DEFAULT AS IDENTITY,
  document_id INTEGER NOT NULL,
  operation TEXT NOT NULL,
  asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
  answered_at TIMESTAMP WITH TIME ZONE NOT NULL,
  http_status INTEGER,
  outcome TEXT NOT NULL,
  raw BYTEA NOT NULL,
  CONSTRAINT pk_sri_answers PRIMARY KEY (answer_id),
  CONSTRAINT ck_sri_answers_operation CHECK (operation IN ('RECEPCION', 'AUTORIZACION')),
  CONSTRAINT fk_sri_answers_document_id FOREIGN KEY(document_id) REFERENCES sri_documents (document_id)
);

CREATE INDEX ix_sri_answers_document ON sri_answers (document_id, answer_id);

COMMENT ON TABLE sri_answers IS 'Lo que el SRI contestó de cada comprobante, byte por byte: solo se agrega.';

COMMENT ON COLUMN sri_answers.answer_id IS 'Número interno.';

COMMENT ON COLUMN sri_answers.document_id IS 'Comprobante.';

COMMENT ON COLUMN sri_answers.operation IS 'RECEPCION o AUTORIZACION.';

COMMENT ON COLUMN sri_answers.asked_at IS 'Instante de la pregunta.';

COMMENT ON COLUMN sri_answers.answered_at IS 'Instante de la respuesta o del fallo.';

COMMENT ON COLUMN sri_answers.http_status IS 'Código HTTP, si hubo respuesta.';

COMMENT ON COLUMN sri_answers.outcome IS 'Lo que se entendió: el estado, o por qué no sirvió.';

COMMENT ON COLUMN sri_answers.raw IS 'La respuesta sin tocar; vacía si no hubo.';

CREATE TABLE sri_deliveries (
  delivery_id INTEGER GENERATED BY DEFAULT AS IDENTITY,
  document_id INTEGER NOT NULL,
  recipient TEXT,
  status TEXT NOT NULL,
  detail TEXT,
  attempts INTEGER DEFAULT '0' NOT NULL,
  next_attempt_at TIMESTAMP WITH TIME ZONE,
  lease_owner TEXT,
  lease_until TIMESTAMP WITH TIME ZONE,
  sent_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_sri_deliveries PRIMARY KEY (delivery_id),
  CONSTRAINT ck_sri_deliveries_status CHECK (status IN ('PENDIENTE', 'ENVIADO', 'OMITIDO', 'FALLIDO')),
  CONSTRAINT ck_sri_deliveries_sent_at CHECK ((status = 'ENVIADO') = (sent_at IS NOT NULL)),
  CONSTRAINT ck_sri_deliveries_lease CHECK ((lease_until IS NULL) = (lease_owner IS NULL)),
  CONSTRAINT fk_sri_deliveries_document_id FOREIGN KEY(document_id) REFERENCES sri_documents (document_id)
);

CREATE INDEX ix_sri_deliveries_document ON sri_deliveries (document_id);

CREATE INDEX ix_sri_deliveries_due ON sri_deliveries (next_attempt_at) WHERE next_attempt_at IS NOT NULL;

COMMENT ON TABLE sri_deliveries IS 'Correos con los comprobantes autorizados.';

COMMENT ON COLUMN sri_deliveries.delivery_id IS 'Número interno.';

COMMENT ON COLUMN sri_deliveries.document_id IS 'Comprobante.';

COMMENT ON COLUMN sri_deliveries.recipient IS 'A quién; vacío si el comprador no dio correo.';

COMMENT ON COLUMN sri_deliveries.status IS 'PENDIENTE, ENVIADO, OMITIDO o FALLIDO.';

COMMENT ON COLUMN sri_deliveries.detail IS 'Por qué se omitió o falló.';

COMMENT ON COLUMN sri_deliveries.attempts IS 'Intentos hechos.';

COMMENT ON COLUMN sri_deliveries.next_attempt_at IS 'Cuándo toca el intento siguiente; vacío si no queda ninguno.';

COMMENT ON COLUMN sri_deliveries.lease_owner IS 'Trabajador que lo tiene.';

COMMENT ON COLUMN sri_deliveries.lease_until IS 'Hasta cuándo lo tiene.';

COMMENT ON COLUMN sri_deliveries.sent_at IS 'Instante en que el servidor lo aceptó.';

COMMENT ON COLUMN sri_deliveries.created_at IS 'Instante en que se registró.';

CREATE OR REPLACE FUNCTION document_was_rejected(invoice integer, credit_note integer) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (
    SELECT coalesce(
      bool_or(status IN ('DEVUELTO', 'NO_AUTORIZADO'))
        AND NOT bool_or(status IN ('ENVIADO', 'RECIBIDO', 'AUTORIZADO')),
      false)
    FROM sri_documents
    WHERE invoice_id = invoice AND credit_note_id IS NOT DISTINCT FROM credit_note
  );
END $$;

CREATE OR REPLACE FUNCTION check_document_advances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  fixed constant text[] := ARRAY['document_id', 'doc_code', 'invoice_id', 'credit_note_id', 'environment',
    'ruc', 'document_number', 'issue_date', 'access_key', 'created_at'];
  bytes constant text[] := ARRAY['unsigned_xml', 'signed_xml', 'signed_at', 'certificate_id'];
  steps constant text[] := ARRAY[
    'PENDIENTE FIRMADO',
    'FIRMADO ENVIADO', 'FIRMADO PENDIENTE',
    'ENVIADO FIRMADO', 'ENVIADO RECIBIDO', 'ENVIADO AUTORIZADO', 'ENVIADO NO_AUTORIZADO', 'ENVIADO DEVUELTO',
    'RECIBIDO AUTORIZADO', 'RECIBIDO NO_AUTORIZADO', 'RECIBIDO FIRMADO',
    'DEVUELTO PENDIENTE', 'NO_AUTORIZADO PENDIENTE'];
  before jsonb := to_jsonb(OLD);
  after jsonb := to_jsonb(NEW);
BEGIN
  IF NEW IS NULL
      OR EXISTS (SELECT FROM unnest(fixed) AS name WHERE before -> name IS DISTINCT FROM after -> name)
      OR (OLD.status <> NEW.status AND OLD.status || ' ' || NEW.status <> ALL (steps))
      OR (
        OLD.status IN ('ENVIADO', 'RECIBIDO', 'AUTORIZADO')
        AND EXISTS (SELECT FROM unnest(bytes) AS name WHERE before -> name IS DISTINCT FROM after -> name)
      )
      OR (
        OLD.authorized_xml IS DISTINCT FROM NEW.authorized_xml
        AND (OLD.status = 'AUTORIZADO' OR NEW.status <> 'AUTORIZADO')
      ) THEN
    RAISE EXCEPTION 'el comprobante % no admite ese cambio', OLD.access_key
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'document_advances';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION refuse_issued_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  movable text[] := ARRAY['status', 'payment_method', 'paid_at', 'annulled_at', 'annulled_reason',
    'credited_in_full', 'updated_at'];
BEGIN
  IF OLD.invoice_number IS NULL THEN
    RETURN coalesce(NEW, OLD);
  END IF;
  IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - movable <> to_jsonb(OLD) - movable
      AND document_was_rejected(OLD.invoice_id, NULL) THEN
    movable := movable || ARRAY['invoice_number', 'issue_date', 'is_test', 'buyer_id_type',
      'buyer_id_number', 'buyer_name', 'buyer_email', 'buyer_address', 'additional_info'];
  END IF;
  IF NEW IS NULL OR to_jsonb(NEW) - movable <> to_jsonb(OLD) - movable THEN
    RAISE EXCEPTION 'la factura % ya se emitió', OLD.invoice_number
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'issued_is_final';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION check_payments_within_total() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  invoice record;
  paid numeric;
  credited numeric;
BEGIN
  SELECT total_amount, invoice_number INTO invoice FROM invoices WHERE invoice_id = NEW.invoice_id;
  SELECT sum(amount) INTO paid FROM invoice_payments WHERE invoice_id = NEW.invoice_id;
  SELECT coalesce(sum(total_amount), 0) INTO credited
    FROM credit_notes WHERE invoice_id = NEW.invoice_id AND status = 'ISSUED';
  IF invoice.invoice_number IS NULL OR paid + credited > invoice.total_amount THEN
    RAISE EXCEPTION 'los cobros de la factura % pasan de su total', NEW.invoice_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'payments_within_total';
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION refuse_credit_note_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  movable text[] := ARRAY['status', 'annulled_at', 'annulled_reason', 'updated_at'];
BEGIN
  IF TG_OP = 'UPDATE' AND document_was_rejected(OLD.invoice_id, OLD.credit_note_id) THEN
    movable := movable || ARRAY['credit_note_number', 'issue_date', 'is_test'];
  END IF;
  IF NEW IS NULL OR to_jsonb(NEW) - movable <> to_jsonb(OLD) - movable THEN
    RAISE EXCEPTION 'la nota de crédito % ya se emitió', OLD.credit_note_number
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'issued_is_final';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION check_credit_note_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  header record;
  lines numeric;
  taxes record;
BEGIN
  SELECT subtotal, iva_amount INTO header FROM credit_notes WHERE credit_note_id = NEW.credit_note_id;
  SELECT sum(subtotal) INTO lines FROM credit_note_items WHERE credit_note_id = NEW.credit_note_id;
  SELECT sum(base) AS base, sum(iva) AS iva INTO taxes
    FROM credit_note_taxes WHERE credit_note_id = NEW.credit_note_id;
  IF (header.subtotal, header.subtotal, header.iva_amount) IS DISTINCT FROM (lines, taxes.base, taxes.iva)
  THEN
    RAISE EXCEPTION 'los totales de la nota de crédito % no son la suma de sus líneas', NEW.credit_note_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'credit_note_adds_up';
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION check_credits_within_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  invoice record;
  credited numeric;
BEGIN
  SELECT invoice_id, total_amount, status, credited_in_full INTO invoice
    FROM invoices WHERE invoice_id = NEW.invoice_id;
  SELECT sum(total_amount) INTO credited
    FROM credit_notes WHERE invoice_id = NEW.invoice_id AND status = 'ISSUED';
  IF credited IS NULL AND NOT invoice.credited_in_full THEN
    RETURN NULL;
  END IF;
  IF invoice.status NOT IN ('ISSUED', 'PAID') OR credited > invoice.total_amount
      OR invoice.credited_in_full <> (coalesce(credited, 0) = invoice.total_amount)
      OR EXISTS (
        SELECT FROM credit_note_items AS line
        JOIN credit_notes AS note USING (credit_note_id)
        JOIN invoice_items AS sold ON sold.item_id = line.invoice_item_id
        WHERE note.invoice_id = NEW.invoice_id AND note.status = 'ISSUED'
        GROUP BY sold.item_id
        HAVING sum(line.subtotal) > sold.subtotal OR sum(line.returned_quantity) > sold.quantity
          OR bool_or(sold.invoice_id <> NEW.invoice_id) OR bool_or(sold.iva_rate <> line.iva_rate)
      )
      OR EXISTS (
        SELECT FROM credit_note_taxes AS tax
        JOIN credit_notes AS note USING (credit_note_id)
        LEFT JOIN invoice_taxes AS sold ON sold.invoice_id = note.invoice_id AND sold.iva_rate = tax.iva_rate
        WHERE note.invoice_id = NEW.invoice_id AND note.status = 'ISSUED'
        GROUP BY tax.iva_rate, sold.base, sold.iva
        HAVING sold.base IS NULL OR sum(tax.base) > sold.base OR sum(tax.iva) > sold.iva
      ) THEN
    RAISE EXCEPTION 'las notas de crédito de la factura % no cuadran con ella', NEW.invoice_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_within_invoice';
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER tg_credit_note_items_append_only BEFORE UPDATE OR DELETE ON credit_note_items FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER tg_credit_note_taxes_append_only BEFORE UPDATE OR DELETE ON credit_note_taxes FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER tg_sri_answers_append_only BEFORE UPDATE OR DELETE ON sri_answers FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER tg_credit_notes_issued_is_final BEFORE UPDATE OR DELETE ON credit_notes FOR EACH ROW EXECUTE FUNCTION refuse_credit_note_change();

CREATE CONSTRAINT TRIGGER tg_credit_notes_add_up AFTER INSERT ON credit_notes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_credit_note_adds_up();

CREATE CONSTRAINT TRIGGER tg_credit_note_items_add_up AFTER INSERT ON credit_note_items DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_credit_note_adds_up();

CREATE CONSTRAINT TRIGGER tg_credit_note_taxes_add_up AFTER INSERT ON credit_note_taxes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_credit_note_adds_up();

CREATE CONSTRAINT TRIGGER tg_credit_notes_within_invoice AFTER INSERT OR UPDATE OF status ON credit_notes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_credits_within_invoice();

CREATE CONSTRAINT TRIGGER tg_invoices_credits_within AFTER UPDATE OF status, credited_in_full ON invoices DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_credits_within_invoice();

CREATE TRIGGER tg_sri_documents_advance BEFORE UPDATE OR DELETE ON sri_documents FOR EACH ROW EXECUTE FUNCTION check_document_advances();
