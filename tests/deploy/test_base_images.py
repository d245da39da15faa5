"""Fijar las imágenes ajenas: Docker Compose le pregunta a un motor que habla como el de verdad."""

import hashlib
import json
import re
import shutil
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

import pytest

from common.config import PROJECT_ROOT
from scripts.machine.base_images import IMAGE, files_of, pin_images

pytestmark = pytest.mark.skipif(
    not shutil.which("docker-compose", path=Path(sys.executable).parent), reason="falta docker-compose"
)


def of(image: str) -> str:
    """El resumen que el motor da a una imagen."""
    return "sha256:" + hashlib.sha256(image.encode()).hexdigest()


class Engine(BaseHTTPRequestHandler):
    """Lo que Docker Compose le pide a un motor para saber el resumen de una imagen."""

    def do_HEAD(self) -> None:
        self.answer(b"")

    def do_GET(self) -> None:
        asked = re.search("/distribution/(.+)/json", unquote(self.path))
        if asked is None:
            return self.answer(b"OK")
        kind = "application/vnd.oci.image.index.v1+json"
        about = {"mediaType": kind, "digest": of(asked[1].rpartition("/")[2]), "size": 1}
        return self.answer(json.dumps({"Descriptor": about, "Platforms": []}).encode())

    def answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("API-Version", "1.51")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Calla."""


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Engine)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{server.server_port}")
    yield
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PROJECT_ROOT / "deploy", tmp_path / "deploy"))


def images(folder: Path) -> list[str]:
    texts = [file.read_text(encoding="utf-8") for file in files_of(folder)]
    return [found[0].strip() for text in texts for found in IMAGE.finditer(text)]


@pytest.mark.usefixtures("engine")
def test_each_image_is_pinned_by_what_its_tag_names_today(folder: Path) -> None:
    before = images(folder)

    assert pin_images(folder)

    after = images(folder)
    assert len({image.split()[1].partition("@")[0] for image in before}) == 4
    assert [image.partition("@")[0] for image in after] == [image.partition("@")[0] for image in before]
    for image in after:
        name, _, digest = image.split()[1].partition("@")
        assert digest == of(name)
    assert pin_images(folder)
    assert images(folder) == after


def test_without_an_engine_everything_stays_as_it_was(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{folder}/nadie.sock")
    before = images(folder)

    assert not pin_images(folder)

    assert images(folder) == before
    assert capsys.readouterr().err.startswith("Las imágenes quedan como estaban")
