"""Medidas y cómo las lee Prometheus: el formato de texto de su página, versión 0.0.4."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PREFIX = "clinica_"
Labels = dict[str, str]


class Sample(NamedTuple):
    """Un valor.

    :param suffix: lo que se agrega al nombre de la medida.
    """

    value: float
    labels: Labels = {}
    suffix: str = ""


class Measure(NamedTuple):
    """Una medida, con un valor por combinación de etiquetas.

    :param kind: `counter`, `gauge` o `histogram`.
    """

    name: str
    kind: str
    words: str
    samples: Iterable[Sample]


def gauge(name: str, words: str, *samples: Sample | float) -> Measure:
    """Una medida de cómo están las cosas ahora."""
    return Measure(name, "gauge", words, [s if isinstance(s, Sample) else Sample(s) for s in samples])


def counter(name: str, words: str, samples: Iterable[Sample]) -> Measure:
    """Una medida que solo crece."""
    return Measure(f"{name}_total", "counter", words, samples)


def as_text(measures: Iterable[Measure], service: str) -> str:
    """La página entera."""
    return "".join(f"{line}\n" for measure in measures for line in _lines(measure, service))


def _lines(measure: Measure, service: str) -> Iterator[str]:
    name = PREFIX + measure.name
    yield f"# HELP {name} {measure.words}"
    yield f"# TYPE {name} {measure.kind}"
    for sample in measure.samples:
        pairs = {"service": service, **sample.labels}.items()
        labels = ",".join(f'{key}="{_escaped(text)}"' for key, text in pairs)
        yield f"{name}{sample.suffix}{{{labels}}} {sample.value:.17g}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
