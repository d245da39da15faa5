"""Detrás de un proxy: la dirección que se audita es la del cliente, y el cliente no la elige."""

import pytest
from flask import Blueprint, request

from common.auth_middleware import public
from common.service import create_service
from common.web.contract import answers
from common.web.schemas import Out

PROXY = "10.0.0.1"
CLIENT = "190.15.1.7"
INVENTED = "8.8.8.8"


class SeenOut(Out):
    """Desde dónde y cómo se ve la petición."""

    address: str
    scheme: str


@pytest.fixture
def seen(configured):
    """`seen(proxies, forwarded)`: lo que ve un servicio que confía en esos proxies."""

    def look(proxies: int, forwarded: str | None, scheme: str = "https") -> tuple[str, str]:
        configured(TRUSTED_PROXIES=str(proxies))
        bp = Blueprint("seen", __name__)

        @bp.get("/seen")
        @public
        @answers(SeenOut)
        def look_around():
            """Desde dónde"""
            return {"address": request.remote_addr, "scheme": request.scheme}

        headers = {"X-Forwarded-For": forwarded, "X-Forwarded-Proto": scheme} if forwarded else {}
        client = create_service("auth", bp).test_client()
        found = client.get("/api/auth/seen", headers=headers, environ_base={"REMOTE_ADDR": PROXY})
        return found.json["data"]["address"], found.json["data"]["scheme"]

    return look


def test_without_proxies_what_the_client_writes_is_not_believed(seen):
    assert seen(0, INVENTED) == (PROXY, "http")


def test_behind_a_proxy_the_address_is_the_one_the_proxy_saw(seen):
    assert seen(1, CLIENT) == (CLIENT, "https")


def test_behind_a_proxy_what_the_client_wrote_before_is_not_believed(seen):
    assert seen(1, f"{INVENTED}, {CLIENT}") == (CLIENT, "https")


def test_behind_two_proxies_the_address_is_the_one_the_first_saw(seen):
    assert seen(2, f"{INVENTED}, {CLIENT}, 10.0.0.2") == (CLIENT, "https")


def test_behind_a_proxy_that_says_nothing_the_address_is_the_proxy_itself(seen):
    assert seen(1, None) == (PROXY, "http")
