"""Las imágenes ajenas de `deploy/`, fijadas por el resumen de lo que su etiqueta nombra hoy.

Se pregunta con Docker Compose, que necesita un motor de Docker con salida al registro.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from scripts.machine.console import complain, indent, say

# Una imagen con etiqueta es ajena; las nuestras no la llevan.
IMAGE = re.compile(
    r"^(?P<before>FROM |\s*image: )(?P<image>\S+?:[\w.-]+)(?:@sha256:\w+)?(?=\s|$)", re.MULTILINE
)


def pin_images(folder: Path) -> bool:
    """Escribe el resumen de cada imagen en los archivos que la nombran; si no se puede saber, nada cambia."""
    files = files_of(folder)
    images = sorted({found["image"] for file in files for found in IMAGE.finditer(file.read_text("utf-8"))})
    pinned = _ask(images)
    for file in files if pinned else ():
        text = file.read_text(encoding="utf-8")
        new = IMAGE.sub(lambda found: found["before"] + pinned[found["image"]], text)
        file.write_text(new, encoding="utf-8")
    if pinned:
        say("\n".join(pinned.values()))
    return bool(pinned)


def files_of(folder: Path) -> list[Path]:
    """Los archivos que pueden nombrar imágenes."""
    return sorted(file for file in folder.rglob("*") if file.name == "Dockerfile" or file.suffix == ".yaml")


def _ask(images: list[str]) -> dict[str, str]:
    """Cada imagen con su resumen; ninguna si no hay a quién preguntar."""
    compose = shutil.which("docker-compose", path=f"{Path(sys.executable).parent}:{os.defpath}")
    if compose is None:
        complain("Las imágenes quedan como estaban: falta docker-compose.")
        return {}
    asked = {"services": {f"i{number}": {"image": image} for number, image in enumerate(images)}}
    command = [compose, "--project-name", "x", "--file", "-"]
    command += ["config", "--resolve-image-digests", "--format", "json"]
    done = subprocess.run(
        command, input=json.dumps(asked), capture_output=True, encoding="utf-8", check=False
    )
    if done.returncode:
        complain(f"Las imágenes quedan como estaban: no se pudo preguntar por ellas.\n{indent(done.stderr)}")
        return {}
    found = json.loads(done.stdout)["services"]
    digests = [found[f"i{number}"]["image"].partition("@")[2] for number in range(len(images))]
    # Compose escribe el nombre entero; aquí queda el de siempre.
    return {image: f"{image}@{digest}" for image, digest in zip(images, digests, strict=True)}
