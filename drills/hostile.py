"""Lo que un cliente hostil pone donde va un valor; cada uno, ya escrito en JSON."""

import json

# Donde va un texto libre.
TEXTS = (
    # Comodines de SQL, y lo que se vuelve comodín al quitarle lo ancho.
    *("%", "_", "\\", "％", "＿", "＼", "%_%", "\\%", "a_b", "c\\d"),
    # Comillas, SQL, plantillas y formatos.
    *("'", '"', "'; DROP TABLE patients;--", "' OR '1'='1", "$$;select pg_sleep(9)--$$"),
    *("{0}", "{patient[password_hash]}", "{{7*7}}", "${jndi:ldap://x}", "%s%n", "%(clave)s", ":clave"),
    # Caracteres de control y lo que corta una cabecera.
    *("\0", "a\0b", "a\x1bb", "a\x7fb", "a\x85b", "a\r\nSet-Cookie: a=b", "a\tb", "\v"),
    # Largos de más para una línea, y para cualquier párrafo.
    *("A" * 300, "ñ" * 300, "🧑" * 300, "A" * 10_001),
    # Lo que no se ve, lo que se lee al revés y lo que se escribe de dos maneras.
    *("\u202egnp.exe", "\u2066a\u2069", "a\u200bb", "\ufeffa", "\u200d", "\u00ad", "\u2028a", "\U000e0041"),
    *("e\u0301", "A\u0327\u0301" * 40, "\ufffe", "\ufdd0", "\ue000", "👩\u200d⚕️", "ﷺ", "İ", "ß", "K"),
    # Vacíos y con espacios.
    *("", " ", "\u00a0", "\u3000", " a ", "\u00a0a\u3000"),
    # Fórmulas, HTML y XML.
    *("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", " =1+1", "＝1+1", "<script>alert(1)</script>", "]]>"),
    *("<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>", "<font color='red'>x", "&lt;"),
    # Rutas y direcciones.
    *("../../etc/passwd", "..\\..\\boot.ini", "file:///etc/passwd", "http://169.254.169.254/"),
)

# Donde va cualquier cosa: números, días e instantes que no lo son, o lo son solo para alguien…
MISREAD = (
    *("", "%", "\0", "1", "1e400", "NaN", "９", "1_000", "9" * 400, "١٧١٠٠٣٤٠٦٥", "true", "null"),
    *("infinity", "0001-01-01", "9999-12-31", "10000-01-01", "2026-02-30", "20260101", "2026-W01-1"),
    *(
        "2026-01-01T24:00:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2026-01-01T00:00:00+99:99",
    ),
    *("2200-12-31T23:59:59-23:59", "2026-01-01T00:00:60Z", "24:00", "00:00:00.5"),
)
# … y lo que no es texto, o lo es y en Python no se puede escribir.
VALUES = (
    *("null", "true", "[]", "{}", "[null]", "[[]]", '{"$ne": null}', '{"__proto__": 1}'),
    *("0", "-0.0", "-1", "0.5", "1.005", "2147483648", "9223372036854775808", "1" + "0" * 400, "1" * 4301),
    *("1e400", "1e-400", "1e9999999", "1e-9999999", f"1e{'9' * 30}", f"-1e-{'9' * 30}"),
    *("NaN", "Infinity", "-Infinity", "01", "+1", "0x10", "'a'", '"', ""),
    *(r'"\ud800"', r'"\udfff\ud800"', r'"\ud83d\ude00"', r'"\u0000"', '"\n"'),
    *("[" * 200 + "]" * 200, "[" * 100_000, '{"a":' * 5000),
)

ANYWHERE: tuple[str, ...] = (*(json.dumps(text) for text in MISREAD), *VALUES)
IN_TEXTS: tuple[str, ...] = tuple(json.dumps(text) for text in TEXTS)

JSON = "application/json"
# Cuerpos que no son un objeto JSON declarado como tal: nunca se aceptan.
BODIES: tuple[tuple[str, bytes], ...] = (
    *(
        (JSON, body)
        for body in (b"", b" ", b"null", b"7", b"[]", b'"a"', b"{", b"{}x", b"{},", b"\0", b"//\n{}")
    ),
    *(
        (JSON, body)
        for body in (b'{"a": "\xff"}', b"\xef\xbb\xbf{}", "{}".encode("utf-16"), b'{"a": 1, "a": 2}')
    ),
    *((JSON, body) for body in (b"{" * 100_000, b"[" * 900_000, b'{"a": "' + b"a" * 1_048_577 + b'"}')),
    *(
        (kind, b"{}")
        for kind in ("text/plain", "application/xml", "application/x-www-form-urlencoded", "a", "*/*")
    ),
    ("application/xml", b"<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>"),
    ("application/x-www-form-urlencoded", b"name=a&email=b"),
    (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n',
    ),
    (f"{JSON}; charset=utf-16", "{}".encode("utf-16")),
)
