"""Las cifras por día y por mes: lo que otras tablas suman, ya sumado por la transacción que escribe.

De ellas salen los tableros y los totales de las listas: cuestan lo mismo con mil facturas que con un millón.
Nadie las escribe a mano; las llevan los disparadores de `guards.figures`.
"""

from datetime import date
from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.tables.base import MONEY, QUANTITY, Base, one_of

DAY, MONTH = "DAY", "MONTH"


class Figure(Base):
    """Una parte de una cifra de un período; la cifra es la suma de sus partes.

    Cada transacción que escribe suma en una parte que nadie más tiene: así dos que emiten o agendan a la vez
    no se esperan.
    """

    __tablename__ = "figures"
    __table_args__ = (
        CheckConstraint(one_of("grain", DAY, MONTH), name="grain"),
        {"comment": "Cifras por día y por mes, en partes que se suman; las llevan los disparadores."},
    )

    figure: Mapped[str] = mapped_column(primary_key=True, comment="Qué se cuenta: INVOICES, COSTS…")
    grain: Mapped[str] = mapped_column(primary_key=True, comment="DAY o MONTH.")
    period: Mapped[date] = mapped_column(primary_key=True, comment="El día, o el primero del mes.")
    subject: Mapped[str] = mapped_column(
        primary_key=True, comment="De qué o de quién: estado, doctor, tratamiento, categoría…"
    )
    is_test: Mapped[bool] = mapped_column(
        primary_key=True, comment="Si viene de lo emitido en el ambiente de pruebas del SRI."
    )
    part: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, comment="Parte; la 0 es la calculada de una vez."
    )
    number: Mapped[int] = mapped_column(BigInteger(), comment="Cuántos.")
    quantity: Mapped[Decimal] = mapped_column(QUANTITY, comment="Cantidad, donde la hay.")
    amount: Mapped[Decimal] = mapped_column(MONEY, comment="Monto sin IVA, en dólares.")
    iva_amount: Mapped[Decimal] = mapped_column(MONEY, comment="IVA, en dólares.")
