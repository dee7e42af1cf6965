"""Which adapters there are, and how the one that a company uses is opened.

An adapter is a folder beside this one with a module ``desk``, which has ``MAPPING``, the model of its
``desk.yaml``, and ``open_desk``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import helpdesks
from baton.documents.directory import Directory
from baton.documents.yaml import read_yaml, refuse
from baton.errors import SettingsError
from baton.files import read_secret
from baton.wording import did_you_mean
from helpdesks.embedded import EmbeddedHelpDesk
from helpdesks.outside.adapter import Adapter
from helpdesks.outside.desk import OutsideDesk
from helpdesks.outside.mapping import DeskMapping, load_mapping


def known_desks() -> tuple[str, ...]:
    """The names of all adapters."""
    own = __name__.split(".")[1]
    folders = [module.name for module in iter_modules(helpdesks.__path__) if module.ispkg]
    adapters = (name for name in folders if name != own and find_spec(f"helpdesks.{name}.mapping"))
    return tuple(sorted(adapters))


def desks_with_hooks() -> tuple[str, ...]:
    """The names of the adapters that can read a hook."""
    return tuple(name for name in known_desks() if find_spec(f"helpdesks.{name}.hooks"))


def mapping_of(path: Path, directory: Directory | None) -> DeskMapping:
    """The mapping in a file, as the desk that it names reads it.

    Raises ``DocumentError`` with every mistake, also if there is no such desk.
    """
    document = read_yaml(path)
    refuse(document.problems)
    named = document.data.get("desk") if isinstance(document.data, dict) else None
    if named not in known_desks():
        what = f"there is no desk {named!r}" if named is not None else "the field 'desk' is missing"
        refuse([document.problem(("desk",), what, did_you_mean(str(named), known_desks(), "none is here"))])
    model: type[DeskMapping] = _module(str(named)).MAPPING
    return load_mapping(path, model, directory)


def open_desk(mapping: DeskMapping, secret: str) -> Adapter:
    """The adapter for a mapping. Nothing is asked of the desk yet."""
    opened: Adapter = _module(mapping.desk).open_desk(mapping, secret)
    return opened


@dataclass(frozen=True)
class Beside:
    """The desk that stands beside the ledger: its names, and how it is reached."""

    mapping: DeskMapping
    adapter: Adapter
    file: Path | None = None
    """Where the mapping was read from."""

    def desk(self, own: EmbeddedHelpDesk) -> OutsideDesk:
        """The desk to which effects go, for this ledger."""
        return OutsideDesk(own, own.deliveries, self.adapter, notices=self.mapping.notices)


def check_files(file: Path | None, secret_file: Path | None) -> None:
    """Raise ``DocumentError`` or ``SettingsError`` if the desk of the settings cannot be opened."""
    if file is not None:
        mapping_of(file, None)
        secret_of_desk(secret_file)


@asynccontextmanager
async def opened_beside(file: Path | None, secret_file: Path | None) -> AsyncIterator[Beside | None]:
    """The desk of the settings; None if people work in the embedded one.

    Raises ``DocumentError`` or ``SettingsError``. Names are not compared with the directory, which may
    change: `baton desk check` does that.
    """
    if file is None:
        yield None
        return
    mapping = mapping_of(file, None)
    adapter = open_desk(mapping, secret_of_desk(secret_file))
    try:
        yield Beside(mapping, adapter, file)
    finally:
        await adapter.aclose()


def secret_of_desk(path: Path | None) -> str:
    """What proves to the desk who asks. Raises ``SettingsError``, which never quotes it."""
    if path is None:
        raise SettingsError("the help desk needs a password or key: set BATON_DESK_SECRET_FILE")
    secret = read_secret(path, "BATON_DESK_SECRET_FILE")
    if not secret or len(secret.splitlines()) > 1:
        raise SettingsError(f"BATON_DESK_SECRET_FILE: {path} must have the secret in one line")
    return secret


def _module(desk: str) -> Any:
    return import_module(f"helpdesks.{desk}.desk")
