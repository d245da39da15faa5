"""Las funciones y disparadores que guardan los comprobantes electrónicos."""

# Si el SRI rechazó un comprobante de esa factura o nota y ninguno suyo está en camino ni autorizado.
DOCUMENT_WAS_REJECTED = """
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
END $$
"""

# Un comprobante no se borra ni cambia de identidad; lo que ya salió no cambia un byte, su estado solo
# avanza por donde el SRI puede llevarlo y los bytes autorizados se ponen solo al autorizarse.
DOCUMENT_ADVANCES = """
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
END $$
"""

FUNCTIONS = (DOCUMENT_WAS_REJECTED, DOCUMENT_ADVANCES)

TRIGGERS = (
    "CREATE TRIGGER tg_sri_documents_advance BEFORE UPDATE OR DELETE ON sri_documents"
    " FOR EACH ROW EXECUTE FUNCTION check_document_advances()",
)
