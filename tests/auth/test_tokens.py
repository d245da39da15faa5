"""Tokens falsos: ninguno abre nada."""

import base64
import json
import time
from uuid import uuid4

import jwt
import pytest

from common.access.tokens import ISSUER, issue_token, token_states, verified_tokens
from common.config import load_settings
from tests import factories


@pytest.fixture
def claims():
    return {
        "sub": str(factories.user()),
        "role": "Admin",
        "ver": 1,
        "iat": int(time.time()),
        "exp": int(time.time()) + 600,
        "iss": ISSUER,
        "jti": uuid4().hex,
    }


@pytest.fixture
def code(api):
    """El código con que se responde a un token; None si abre la puerta."""

    def call(token):
        headers = {"Authorization": f"Bearer {token}"}
        return api("auth", role=None).get("/me", headers=headers).json.get("code")

    return call


def signed(claims, key=None, algorithm="HS256"):
    return jwt.encode(claims, load_settings().jwt_secret_key if key is None else key, algorithm)


def test_a_token_made_with_our_key_and_all_its_claims_opens(code, claims):
    assert code(signed(claims)) is None


def part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE"])
def test_an_unsigned_token_does_not_open(code, claims, algorithm):
    unsigned = f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(claims)}."
    assert code(unsigned) == "token_invalido"


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_does_not_open(code, claims, algorithm):
    key = load_settings().jwt_secret_key.ljust(64, "x")
    assert code(signed(claims, key, algorithm)) == "token_invalido"
    headers = part({"alg": algorithm, "typ": "JWT"})
    assert code(".".join([headers, *signed(claims).split(".")[1:]])) == "token_invalido"


def test_another_key_does_not_open(code, claims):
    assert code(signed(claims, "otra clave de más de treinta y dos bytes")) == "token_invalido"


def test_tampered_claims_do_not_open(code, claims):
    header, _, signature = signed(claims).split(".")
    assert code(f"{header}.{part({**claims, 'sub': '1', 'ver': 9})}.{signature}") == "token_invalido"


def test_an_expired_token_does_not_open(code, claims):
    assert code(signed({**claims, "exp": int(time.time()) - 1})) == "token_vencido"


def test_another_issuer_does_not_open(code, claims):
    assert code(signed({**claims, "iss": "otro-sistema"})) == "token_invalido"


@pytest.mark.parametrize("claim", ["sub", "role", "ver", "iat", "exp", "iss", "jti"])
def test_a_token_without_a_claim_does_not_open(code, claims, claim):
    del claims[claim]
    assert code(signed(claims)) == "token_invalido"


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("sub", "admin"),
        ("sub", ""),
        ("sub", "-1"),
        ("sub", "1.0"),
        ("sub", "²"),
        ("sub", "1 OR 1=1"),
        ("sub", "9" * 30),
        ("sub", "9" * 5000),
        ("jti", ""),
        ("jti", 7),
        ("jti", ["a"]),
        ("jti", "con\0nulo"),
        ("exp", "mañana"),
        ("exp", -(10**400)),
        ("iat", "hoy"),
    ],
)
def test_a_senseless_claim_does_not_open(code, claims, claim, value):
    assert code(_raw({**claims, claim: value})) in ("token_invalido", "token_vencido")


def _raw(claims):
    """Firmado sin las comprobaciones que PyJWT hace al crear."""
    payload = json.dumps(claims).encode()
    return jwt.api_jws.encode(payload, load_settings().jwt_secret_key, "HS256")


@pytest.mark.parametrize(("claim", "value"), [("ver", 2), ("ver", "1"), ("ver", [1]), ("sub", "999")])
def test_another_version_or_user_is_a_closed_session(code, claims, claim, value):
    assert code(signed({**claims, claim: value})) == "token_revocado"


def test_the_role_written_in_the_token_grants_nothing(api):
    user_id = factories.user("Usuario")
    token, _ = issue_token(user_id, "Admin", 1)
    refused = api("auth", role=None).get("/users", headers={"Authorization": f"Bearer {token}"})
    assert refused.status_code == 403


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "token", "Bearer  \t"])
def test_a_header_without_a_bearer_token_is_as_none(api, header):
    refused = api("auth", role=None).get("/me", headers={"Authorization": header})
    assert (refused.status_code, refused.json["code"]) == (401, "falta_token")


@pytest.mark.parametrize("token", ["a.b.c", "....", "é", "x" * 5000, "null", "eyJ.eyJ."])
def test_noise_is_no_token(code, token):
    assert code(token.encode().decode("latin-1")) == "token_invalido"


@pytest.mark.parametrize("header", ["", "Bearer a.b.c"])
def test_a_refusal_says_how_to_enter(api, header):
    refused = api("auth", role=None).get("/me", headers={"Authorization": header})
    assert refused.headers["WWW-Authenticate"] == "Bearer"


def test_the_scheme_does_not_distinguish_case(api, claims):
    headers = {"Authorization": f"bearer {signed(claims)}"}
    assert api("auth", role=None).get("/me", headers=headers).status_code == 200


def test_the_memory_of_tokens_is_bounded(api, monkeypatch):
    monkeypatch.setattr("common.access.tokens.MAX_CACHED_TOKENS", 3)
    user_id = factories.user()
    for _ in range(5):
        assert api("auth", user_id=user_id).get("/me").status_code == 200
    assert (len(token_states), len(verified_tokens)) == (3, 3)


def test_a_token_already_seen_expires_on_time(code, claims):
    token = signed({**claims, "exp": int(time.time()) + 2})
    assert code(token) is None
    time.sleep(2)
    assert code(token) == "token_vencido"


def test_a_token_already_seen_does_not_open_with_another_key(code, claims, configured):
    token = signed(claims)
    assert code(token) is None
    configured(JWT_SECRET_KEY="otra clave de más de treinta y dos bytes")
    assert code(token) == "token_invalido"


def test_what_does_not_open_is_not_remembered(code, claims):
    verified_tokens.clear()
    token = signed(claims)
    for wrong in (
        token[:-9] + "x" * 9,
        signed({**claims, "sub": "x"}),
        signed({**claims, "exp": 1}),
    ):
        assert code(wrong) is not None
    assert len(verified_tokens) == 0
    assert code(token) is None
    assert len(verified_tokens) == 1
