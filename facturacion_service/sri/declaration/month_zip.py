"""El paquete del mes para contabilidad: los comprobantes autorizados, el libro de ventas y lo que falta.

Todo se lee de una misma instantánea y por tandas, y se escribe según se lee: la memoria no crece con el mes.
"""

import shutil
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from tempfile import TemporaryFile
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from common.database import Database
from common.lists.exports import Sheet, streamed, write_book
from common.utils import clinic_time, now
from facturacion_service.ledger.periods import Period
from facturacion_service.sri.declaration import queries as books
from facturacion_service.sri.declaration.month_readme import Contents, readme
from facturacion_service.sri.declaration.month_sheets import sheets
from facturacion_service.sri.declaration.rows import AuthorizedRow
from facturacion_service.sri.ride.ride import render
from facturacion_service.sri.settings import logo_queries
from facturacion_service.sri.settings import queries as issuers
from facturacion_service.sri.vouchers.authorization_xml import wrap
from facturacion_service.sri.vouchers.reading import Unreadable
from facturacion_service.sri.xml.documents import FACTURA, NOTA_DE_CREDITO

FOLDERS = {FACTURA: "facturas", NOTA_DE_CREDITO: "notas-de-credito"}
# Así de pocos porque cada uno trae sus bytes, y entre tanda y tanda la base espera lo que tardan sus PDF.
DOCUMENTS_AT_ONCE = 50


def write_month(file: IO[bytes], db: Database, period: Period) -> None:
    """Escribe el paquete de un mes.

    :param db: una instantánea, para que las hojas cuadren entre sí.
    """
    with ZipFile(file, "w", ZIP_DEFLATED) as package:
        placed, unprinted = _put_documents(package, db, period)
        _put_book(package, sheets(db, period))
        contents = Contents(
            month=period.date_from,
            written_at=clinic_time(now()),
            issuer=issuers.settings(db),
            placed=placed,
            pending=books.pending_count(db, period),
            without_document=books.without_document_count(db, period),
            unprinted=unprinted,
        )
        package.writestr(_entry("LEEME.txt", now()), readme(contents))


def _put_documents(package: ZipFile, db: Database, period: Period) -> tuple[Counter[str], tuple[str, ...]]:
    """El XML de la autorización y el RIDE de cada comprobante autorizado.

    :returns: cuántos hay en cada carpeta, y las claves de los que no se dejaron imprimir.
    """
    placed: Counter[str] = Counter()
    unprinted, logo = [], logo_queries.logo(db)
    rows: Iterable[AuthorizedRow] = streamed(db, books.authorized(period), at_once=DOCUMENTS_AT_ONCE)
    for row in rows:
        folder, key = folder_of(row), row["access_key"]
        placed[folder] += 1
        xml = wrap(row["signed_xml"], row["authorization_number"], row["authorized_at"], row["environment"])
        package.writestr(_entry(f"{folder}/{key}.xml", row["authorized_at"]), xml)
        try:
            package.writestr(_entry(f"{folder}/{key}.pdf", row["authorized_at"]), _printed(row, logo))
        except Unreadable:
            # Su XML va igual: uno que no se lee no deja sin declarar a los demás.
            unprinted.append(key)
    return placed, tuple(unprinted)


def folder_of(row: AuthorizedRow) -> str:
    """La carpeta de un comprobante: lo de pruebas y lo anulado, aparte de lo que se declara."""
    apart = (("pruebas", row["environment"] == "PRUEBAS"), ("anuladas", row["is_annulled"]))
    return "/".join([*(name for name, is_there in apart if is_there), FOLDERS[row["doc_code"]]])


def _printed(row: AuthorizedRow, logo: bytes | None) -> bytes:
    authorization = (row["authorization_number"], row["authorized_at"])
    mark = "ANULADA" if row["is_annulled"] else None
    return render(row["signed_xml"], authorization=authorization, watermark=mark, logo=logo)


def _put_book(package: ZipFile, content: tuple[Sheet, ...]) -> None:
    # Un libro de Excel también es un zip y necesita ir y volver por su archivo.
    with TemporaryFile() as book:
        write_book(book, content)
        book.seek(0)
        # Ya viene comprimido.
        with package.open(_entry("ventas.xlsx", now(), ZIP_STORED), "w") as target:
            shutil.copyfileobj(book, target)


def _entry(name: str, at: datetime, compression: int = ZIP_DEFLATED) -> ZipInfo:
    """Un archivo del paquete, con la hora de la clínica y legible para todos al extraerlo."""
    info = ZipInfo(name, clinic_time(at).timetuple()[:6])
    info.compress_type, info.external_attr = compression, 0o100644 << 16
    return info
