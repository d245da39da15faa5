"""De un comprobante a su XML sin firmar."""

from facturacion_service.sri.credit_note_xml import credit_note_root
from facturacion_service.sri.documents import Document, InvoiceDocument
from facturacion_service.sri.invoice_xml import invoice_root
from facturacion_service.sri.nodes import render


def to_xml(document: Document) -> bytes:
    """El XML 1.1.0 de un comprobante, en UTF-8 y sin firmar.

    Supone que `checks.check` no encontró nada: aquí no se comprueba. Para ambas cosas, `build.build`.
    """
    root = invoice_root(document) if isinstance(document, InvoiceDocument) else credit_note_root(document)
    return render(root)
