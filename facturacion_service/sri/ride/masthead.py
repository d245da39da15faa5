"""La cabecera del RIDE: quién emite, qué documento es, su autorización y su código de barras."""

from datetime import datetime
from io import BytesIO

from PIL import Image as Picture
from PIL.Image import DecompressionBombError
from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Image, Paragraph, Spacer

from facturacion_service.sri.ride.layout import (
    BIG,
    BOLD,
    CENTERED,
    LEGAL_NUMBER,
    MEDIUM,
    NORMAL,
    PADDING,
    TITLE,
    Masthead,
    labelled,
    text,
)
from facturacion_service.sri.vouchers.vouchers import ReadIssuer, Voucher
from facturacion_service.sri.xml.codes import (
    DOCUMENT_NAMES,
    ECUADOR,
    EMISSION_NAMES,
    EMISSION_NORMAL,
    ENVIRONMENT_NAMES,
)

# El número de autorización y el instante en que se dio, con zona.
Authorization = tuple[str, datetime]

PENDING, REJECTED = "PENDIENTE DE AUTORIZACIÓN", "NO AUTORIZADO POR EL SRI"
RIGHT = 93 * mm
LOGO_WIDTH, LOGO_HEIGHT = 80 * mm, 32 * mm
# Una imagen mayor no mejora lo impreso y descomprimirla puede agotar la memoria.
MAX_LOGO_PIXELS = 16_000_000
# 80 mm a 300 puntos por pulgada.
_LOGO_DOTS = 945
# Un nombre más largo no cabe con letra grande.
_BIG_NAME = 60
# Un código de 49 dígitos tiene 321 módulos (24 pares, un dígito y los signos de control) y pide diez en
# blanco a cada lado (ISO/IEC 15417).
_MODULES, _QUIET = 321, 10
_BAR_HEIGHT = 12 * mm


def masthead(
    voucher: Voucher, authorization: Authorization | None, logo: bytes | None, *, was_rejected: bool
) -> Masthead:
    """La cabecera; sin logotipo, su sitio lo ocupa el nombre con que se conoce al emisor.

    :param was_rejected: si el SRI no lo autorizó; si no, sin autorización está pendiente.
    """
    otherwise = REJECTED if was_rejected else PENDING
    issuer, document = voucher.issuer, _document(voucher, authorization, otherwise)
    if logo is None:
        return Masthead(_name(issuer), _issuer(issuer, ()), document, RIGHT)
    trade_name = (issuer.trade_name,) if issuer.trade_name else ()
    return Masthead(_logo(logo), _issuer(issuer, trade_name), document, RIGHT)


def _name(issuer: ReadIssuer) -> Paragraph:
    name = issuer.trade_name or issuer.legal_name
    return text(name, BIG if len(name) <= _BIG_NAME else MEDIUM)


def as_logo(image: bytes) -> bytes:
    """La imagen como PNG, sin nada más que sus puntos y del tamaño que se imprime.

    :raises ValueError: si no es una imagen PNG o JPEG, está dañada o tiene demasiados puntos.
    """
    try:
        with Picture.open(BytesIO(image), formats=("PNG", "JPEG")) as picture:
            if picture.width * picture.height > MAX_LOGO_PIXELS:
                raise ValueError("el logotipo tiene demasiados puntos")
            clean = picture.convert("RGBA")
    except (OSError, SyntaxError, DecompressionBombError) as error:
        raise ValueError("el logotipo no es una imagen PNG o JPEG, o está dañado") from error
    clean.thumbnail((_LOGO_DOTS, _LOGO_DOTS))
    file = BytesIO()
    clean.save(file, "PNG")
    return file.getvalue()


def _logo(logo: bytes) -> Image:
    """La imagen, al tamaño de su sitio y sin deformarla."""
    return Image(BytesIO(logo), LOGO_WIDTH, LOGO_HEIGHT, kind="proportional", mask="auto")


def _issuer(issuer: ReadIssuer, trade_name: tuple[str, ...]) -> list[Flowable]:
    facts = (
        ("Dirección matriz", issuer.head_office_address),
        ("Dirección sucursal", issuer.establishment_address),
        ("Contribuyente especial No.", issuer.special_taxpayer_number),
        ("OBLIGADO A LLEVAR CONTABILIDAD", _YES_NO[issuer.keeps_accounting]),
        ("Agente de retención, resolución No.", issuer.withholding_agent_number),
    )
    names = [text(issuer.legal_name, BOLD), *map(text, trade_name)]
    legend = [text(issuer.rimpe_legend, BOLD)] if issuer.rimpe_legend else []
    return _spaced([*names, *(labelled(label, value) for label, value in facts if value), *legend])


_YES_NO = {True: "SI", False: "NO", None: None}


def _document(voucher: Voucher, authorization: Authorization | None, otherwise: str) -> list[Flowable]:
    number, moment = authorization or (voucher.access_key, None)
    granted = f"{moment.astimezone(ECUADOR):%d/%m/%Y %H:%M:%S}" if moment else otherwise
    facts = [
        labelled("R.U.C.", voucher.issuer.ruc, TITLE),
        text(DOCUMENT_NAMES.get(voucher.code, voucher.code), TITLE),
        text(f"No. {voucher.number}", LEGAL_NUMBER),
        text("NÚMERO DE AUTORIZACIÓN", BOLD),
        text(number),
        text("FECHA Y HORA DE AUTORIZACIÓN", BOLD),
        text(granted, NORMAL if moment else BOLD),
        labelled("AMBIENTE", ENVIRONMENT_NAMES[voucher.environment]),
        labelled("EMISIÓN", EMISSION_NAMES[EMISSION_NORMAL]),
        text("CLAVE DE ACCESO", BOLD),
    ]
    return [*_spaced(facts), *_barcode(voucher.access_key)]


def _spaced(paragraphs: list[Paragraph]) -> list[Flowable]:
    return [piece for paragraph in paragraphs for piece in (paragraph, Spacer(0, 1 * mm))]


def _barcode(key: str) -> list[Flowable]:
    """La clave en barras, a lo ancho de la caja, y debajo sus dígitos."""
    module = (RIGHT - 2 * PADDING) / (_MODULES + 2 * _QUIET)
    blank = _QUIET * module
    bars = Code128(key, barWidth=module, barHeight=_BAR_HEIGHT, lquiet=blank, rquiet=blank)
    return [Spacer(0, 1 * mm), bars, Spacer(0, 1 * mm), text(key, CENTERED)]
