"""Las dos fases del SRI simulado: recibe un comprobante y, más tarde, decide si lo autoriza.

El orden de las comprobaciones es el del SRI y solo se dice la primera que falla (ficha técnica SRI 2.34, §8):
tamaño, esquema, clave, fecha y unicidad al recibir; firma y cuentas al autorizar.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from common.utils import now
from common.validators import cedula, ruc
from facturacion_service.sri.exchange.answers import Message
from scripts.fake_sri import paper as papers
from scripts.fake_sri import signatures, sums
from scripts.fake_sri.messages import NOTICE, Refused, message
from scripts.fake_sri.paper import Paper
from scripts.fake_sri.registry import IN_PROCESS, Received, Registry

ECUADOR = timezone(timedelta(hours=-5))
_ID_CHECKS: dict[str, Callable[[str], str]] = {"04": ruc, "05": cedula}


@dataclass(frozen=True)
class Rules:
    """Cómo se porta el SRI simulado.

    :param processing_seconds: cuánto tarda en decidir después de recibir.
    :param says_in_process: si mientras tanto contesta EN PROCESO, en lugar de una respuesta vacía.
    :param days_late: días de atraso que tolera en la fecha de emisión.
    :param checks_signature: si verifica la firma.
    :param schemas: carpeta de los XSD oficiales; sin ella, solo lo mínimo de la estructura.
    """

    processing_seconds: int = 0
    says_in_process: bool = False
    days_late: int = 1
    checks_signature: bool = True
    schemas: Path | None = None


class Office:
    """Recibe, decide y recuerda.

    :param clock: la hora; se puede cambiar para ensayar otra.
    """

    def __init__(self, registry: Registry, rules: Rules, clock: Callable[[], datetime] = now) -> None:
        self.registry = registry
        self.rules = rules
        self.clock = clock

    def inspect(self, xml: bytes) -> Paper:
        """La primera fase, sin recibir todavía.

        :raises Refused: en la primera comprobación que no pasa.
        """
        paper = papers.read(xml, self.rules.schemas)
        papers.check_date(paper, self.clock().astimezone(ECUADOR).date(), self.rules.days_late)
        return paper

    def receive(self, paper: Paper) -> None:
        """Lo recibe.

        :raises Refused: 43, 45 o 70.
        """
        self.registry.add(paper, self.clock())

    def find(self, access_key: str) -> Received | None:
        """Lo que hay de una clave; decide en este momento si ya le tocaba."""
        found = self.registry.find(access_key)
        if found and found.state == IN_PROCESS and self._is_due(found):
            self.registry.decide(access_key, tuple(self._judge(found)), self.clock())
            return self.registry.find(access_key)
        return found

    def _is_due(self, found: Received) -> bool:
        return self.clock() >= found.received_at + timedelta(seconds=self.rules.processing_seconds)

    def _judge(self, found: Received) -> Iterator[Message]:
        """La segunda fase: un error, o las advertencias de uno que se autoriza."""
        paper = papers.read(found.xml, None)
        try:
            if self.rules.checks_signature:
                signatures.check(paper, found.received_at)
            sums.check(paper)
        except Refused as refusal:
            yield refusal.message
            return
        yield from _warnings(paper)


def _warnings(paper: Paper) -> Iterator[Message]:
    """Las que no impiden autorizar. La 60 la da el SRI en pruebas; aquí recuerda además qué es esto."""
    is_trial = paper.environment == "PRUEBAS"
    yield message("60", NOTICE, "ADVERTENCIA" if is_trial else "INFORMATIVO")
    for info in ("infoFactura", "infoNotaCredito"):
        check = _ID_CHECKS.get(paper.text(f"{info}/tipoIdentificacionComprador"))
        if check and not _passes(check, paper.text(f"{info}/identificacionComprador")):
            yield message("62", kind="ADVERTENCIA")


def _passes(check: Callable[[str], str], number: str) -> bool:
    try:
        return bool(check(number))
    except ValueError:
        return False
