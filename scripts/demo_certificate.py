"""Una firma electrónica de mentira para la demostración y las pruebas: el SRI la rechazaría.

La emite una entidad inventada en el acto y todos sus nombres dicen «CERTIFICADO DE PRUEBA SIN VALIDEZ».
`python -m scripts.demo_certificate RUC "RAZÓN SOCIAL" CLAVE firma.p12` escribe una, para ensayar con el SRI
simulado.
"""

import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    KeySerializationEncryption,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from scripts.machine.console import complain, explain, prepare_output, say

MARK = "CERTIFICADO DE PRUEBA SIN VALIDEZ"
# Donde escribe el RUC el Banco Central, que no es el único lugar posible.
RUC_EXTENSION = x509.ObjectIdentifier("1.3.6.1.4.1.37947.3.11")
_PRINTABLE_STRING = 0x13
_NAME_LIMIT = 64  # de un nombre común (RFC 5280, apéndice A); cryptography cuenta bytes
_KEY_USES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


@dataclass(frozen=True)
class Authority:
    """La entidad inventada: su clave y su certificado."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate


def make_p12(
    ruc: str,
    legal_name: str,
    password: str,
    *,
    days: int = 365,
    starts: datetime | None = None,
    key: rsa.RSAPrivateKey | None = None,
    authority: Authority | None = None,
    with_encryption_certificate: bool = False,
    encryption: KeySerializationEncryption | None = None,
) -> bytes:
    """Un .p12 con una clave, su certificado de firma a nombre del RUC y el de la entidad.

    :param days: los días que rige, desde `starts` o, si no se da, desde hace una hora.
    :param key: la clave; si no se da, una nueva de 2048 bits.
    :param with_encryption_certificate: agrega otro certificado de la misma clave que no es de firma digital.
    :param encryption: cómo se cifra el archivo; si no se da, con lo mejor que haya.
    """
    key, authority = key or new_key(), authority or make_authority()
    signing = make_certificate(ruc, legal_name, key, authority, days=days, starts=starts)
    others = [authority.certificate]
    if with_encryption_certificate:
        others.append(make_certificate(ruc, legal_name, key, authority, use="key_encipherment"))
        others.append(signing)
        signing = others[1]  # el que no sirve, de primero
    encryption = encryption or BestAvailableEncryption(password.encode())
    return pkcs12.serialize_key_and_certificates(MARK.encode(), key, signing, others, encryption)


def new_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """Una clave RSA nueva."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def make_authority(name: x509.Name | None = None, key: rsa.RSAPrivateKey | None = None) -> Authority:
    """Una entidad que se certifica a sí misma.

    :param name: su nombre; si no se da, uno que dice que no vale.
    """
    key, name = key or new_key(), name or _name(f"ENTIDAD INVENTADA - {MARK}")
    builder = _builder(name, name, key.public_key(), _an_hour_ago(), days=3650)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage("key_cert_sign"), critical=True)
    return Authority(key, builder.sign(key, hashes.SHA256()))


def make_certificate(
    ruc: str,
    legal_name: str,
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    authority: Authority,
    *,
    days: int = 365,
    starts: datetime | None = None,
    use: str = "digital_signature",
) -> x509.Certificate:
    """Un certificado para una clave, a nombre de un RUC.

    :param use: para qué sirve la clave (RFC 5280, 4.2.1.3).
    """
    holder = _name(f"{_cut(legal_name, _NAME_LIMIT - len(MARK) - 3)} - {MARK}", ruc)
    issuer = authority.certificate.subject
    builder = _builder(holder, issuer, key.public_key(), starts or _an_hour_ago(), days)
    builder = builder.add_extension(_usage(use), critical=True)
    builder = builder.add_extension(_ruc_extension(ruc), critical=False)
    return builder.sign(authority.key, hashes.SHA256())


def _builder(
    holder: x509.Name,
    issuer: x509.Name,
    key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey,
    starts: datetime,
    days: int,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(holder)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts)
        .not_valid_after(starts + timedelta(days=days))
    )


def _cut(text: str, size: int) -> str:
    """Lo que quepa en esos bytes, sin partir una letra."""
    return text.encode()[:size].decode(errors="ignore")


def _name(common_name: str, ruc: str | None = None) -> x509.Name:
    values = {
        NameOID.COUNTRY_NAME: "EC",
        NameOID.ORGANIZATION_NAME: MARK,
        NameOID.SERIAL_NUMBER: ruc,
        NameOID.COMMON_NAME: common_name,
    }
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in values.items() if value])


def _usage(use: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{name: name == use for name in _KEY_USES})


def _ruc_extension(ruc: str) -> x509.UnrecognizedExtension:
    text = ruc.encode()
    return x509.UnrecognizedExtension(RUC_EXTENSION, bytes([_PRINTABLE_STRING, len(text)]) + text)


def _an_hour_ago() -> datetime:
    return datetime.now(UTC) - timedelta(hours=1)


def main(arguments: list[str]) -> int:
    """Escribe una firma de mentira en un archivo nuevo; devuelve el código de salida."""
    prepare_output()
    if len(arguments) != 4:
        complain('Se usa así: python -m scripts.demo_certificate RUC "RAZÓN SOCIAL" CLAVE firma.p12')
        return 2
    ruc, legal_name, password, file = arguments
    try:
        # Nunca encima de otro: podría ser la firma de verdad.
        with open(file, "xb") as target:
            target.write(make_p12(ruc, legal_name, password))
    except FileExistsError:
        complain(f"{file} ya existe y no se toca.")
        return 1
    except OSError as error:
        complain(explain(error))
        return 1
    say(f"{file}: {MARK}. Solo sirve con el SRI simulado.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
