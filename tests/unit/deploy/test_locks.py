"""The locks of what runs: parts of the lock that everything is tested with."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping

import pytest

from baton.settings import CHECKOUT

EVERYTHING = "requirements.lock"
SERVICE = "requirements-service.lock"
"""The image's."""
LOCAL = "requirements-local.lock"
"""What a checkout needs to run, beside the service."""


def locked(name: str) -> Mapping[str, str]:
    """Each package of a lock, with its version, its marker and its hashes."""
    text = (CHECKOUT / name).read_text(encoding="utf-8")
    text = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE)
    return {one.partition("==")[0]: one for one in re.split(r"\n(?=\S)", text.strip())}


def named(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[><=~!;]", one)[0].strip().replace(".", "-") for one in requirements}


def groups() -> tuple[set[str], Mapping[str, set[str]]]:
    """What the service needs, and each group of what is needed beside it."""
    with (CHECKOUT / "pyproject.toml").open("rb") as file:
        pyproject = tomllib.load(file)
    project = pyproject["project"]
    service = named(project["dependencies"]) | named(project["optional-dependencies"]["service"])
    return service, {
        name: named([one for one in group if isinstance(one, str)])
        for name, group in pyproject["dependency-groups"].items()
    }


@pytest.mark.parametrize("lock", [SERVICE, LOCAL])
def test_what_runs_has_the_versions_that_are_tested(lock: str) -> None:
    """If this fails: ``make lock``."""
    everything = locked(EVERYTHING)
    assert [one for name, one in locked(lock).items() if everything[name] != one] == []


def test_the_image_has_what_the_service_needs_and_nothing_else() -> None:
    service, others = groups()
    image = locked(SERVICE).keys()
    assert service - image == set()
    # Temporal's SDK itself needs types-protobuf.
    assert image & (others["dev"] | others["local"]) - service <= {"types-protobuf"}


def test_what_a_checkout_needs_to_run_has_nothing_that_only_tests_need() -> None:
    _, others = groups()
    local = locked(LOCAL).keys()
    assert others["local"] - local == set()
    assert local & others["dev"] == set()


@pytest.mark.parametrize("lock", [EVERYTHING, SERVICE, LOCAL])
def test_a_lock_pins_by_hash_and_names_no_host(lock: str) -> None:
    text = (CHECKOUT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert [one for one in locked(lock).values() if "--hash=sha256:" not in one] == []
