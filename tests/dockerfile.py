"""Reads what tests need to know from the Dockerfile."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from baton.settings import CHECKOUT

DOCKERFILE = CHECKOUT / "deploy/docker/Dockerfile"


class Instruction(NamedTuple):
    """One instruction of a Dockerfile, its continued lines joined."""

    name: str
    rest: str


def instructions() -> list[Instruction]:
    text = re.sub(r"^\s*#.*\n", "", DOCKERFILE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    return [Instruction(*line.split(maxsplit=1)) for line in lines if line.strip()]


def last_stage() -> list[Instruction]:
    everything = instructions()
    start = max(number for number, one in enumerate(everything) if one.name == "FROM")
    return everything[start:]


def copied() -> Iterator[tuple[str, PurePosixPath]]:
    """What the image gets from the checkout: path there, path in the image."""
    folder = PurePosixPath("/")
    for one in last_stage():
        if one.name == "WORKDIR":
            folder = PurePosixPath(one.rest)
        elif one.name == "COPY" and not one.rest.startswith("--from"):
            *sources, target = one.rest.split()
            for source in sources:
                yield source, folder / target / (source if target.endswith("/") else "")


def environment() -> Mapping[str, str]:
    """The variables that the image sets."""
    words = (word for one in last_stage() if one.name == "ENV" for word in shlex.split(one.rest))
    return {name: value for name, _, value in (word.partition("=") for word in words)}


def lay_out(root: Path) -> None:
    """Put what the image gets from the checkout below ``root``, as it lies in the image."""
    for source, target in copied():
        place = root / target.relative_to("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if (CHECKOUT / source).is_dir():
            shutil.copytree(CHECKOUT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(CHECKOUT / source, place)
