"""The file that ``baton backup`` writes and ``baton restore`` reads: a tar archive with a manifest.

The manifest is the first member, so that everything can be refused before anything is unpacked. It says which
releases wrote the databases, and has the size and the SHA-256 of every other member.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import tarfile
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from subprocess import run
from typing import IO, Annotated, Any, Literal, NamedTuple

from packaging.version import Version
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from baton.errors import BatonError
from baton.files import OWNER_ONLY, private
from baton.temporal.codec import KEY_ID
from baton.wording import mistakes_in
from local.machine import server_command

FORMAT = 1
MANIFEST = "manifest.json"
TEMPORAL, SQLITE, POSTGRESQL = "temporal.db", "baton.db", "baton.pgdump"
RULES, TEMPLATES, DIRECTORY = "rules.yaml", "templates.yaml", "directory.yaml"
DOCUMENTS = (RULES, TEMPLATES, DIRECTORY)
SAID_EVERY = 2.0
"""Seconds between two progress lines about the same step."""
_CHUNK = 1 << 20
_COMPRESSION = 3
_LONGEST_MANIFEST = 1 << 20
# An entry of a payload's metadata, as Protocol Buffers write it: the tag and length come before the value.
_KEY_NAME = re.compile(rb"%s\x12.([A-Za-z0-9][A-Za-z0-9._-]{0,63}/[0-9a-f]{8})" % KEY_ID.encode(), re.DOTALL)
_LONGEST_KEY_ENTRY = 128

Say = Callable[[str], None]


class BackupFailed(BatonError):
    """A backup cannot be made, or one cannot be restored."""


class Member(BaseModel):
    """One file in the archive."""

    model_config = ConfigDict(frozen=True)

    size: int
    sha256: str


def _release(name: str) -> str:
    """The name of a release, checked to be a version that can be compared."""
    Version(name)
    return name


Release = Annotated[str, AfterValidator(_release)]


class Manifest(BaseModel):
    """What is in an archive, and what wrote it."""

    model_config = ConfigDict(frozen=True)

    format: int
    made_at: datetime
    """The moment at which the databases were copied."""
    baton: Release
    temporal: Release
    """The version of Temporal's server."""
    helpdesk: Literal["sqlite", "postgresql"]
    schema_version: str = Field(pattern=r"^\w+$")
    """The revision of the help desk's tables."""
    task_queue: str
    keys: tuple[str, ...] = ()
    """The names of the keys with which payloads in Temporal's database are encrypted. The keys themselves are
    not in the archive."""
    members: Mapping[str, Member] = {}

    @property
    def required(self) -> set[str]:
        """Without these members there is nothing to restore."""
        return {TEMPORAL, SQLITE if self.helpdesk == "sqlite" else POSTGRESQL}


class Versions(NamedTuple):
    """Releases of Baton and of Temporal's server."""

    baton: str
    temporal: str


def own_versions() -> Versions:
    """The releases of Baton and of Temporal's server that are installed here. Raises ``StackFailed``."""
    program = server_command()[0]
    said = run([program, "--version"], capture_output=True, text=True, check=True, timeout=30).stdout
    found = re.search(r"Server ([\d.]+)", said)
    return Versions(version("baton-desk"), found[1] if found else "0")


def newer(one: str, other: str) -> bool:
    """Whether a release comes after another."""
    return Version(one) > Version(other)


# --- Writing --------------------------------------------------------------------------------------


def pack(target: Path, manifest: Manifest, files: Mapping[str, Path], say: Say) -> Manifest:
    """Write the archive ``target``, readable by its owner only; returns the manifest with its members."""
    members = {name: Member(size=path.stat().st_size, sha256=digest(path)) for name, path in files.items()}
    whole = manifest.model_copy(update={"members": members})
    document = whole.model_dump_json(indent=2).encode()
    with open(target, "xb", opener=private) as packed:
        with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=_COMPRESSION) as tar:
            tar.addfile(_info(MANIFEST, len(document), manifest.made_at), BytesIO(document))
            for name, path in files.items():
                said = steps(f"Packing {name}", members[name].size, say)
                with path.open("rb") as source:
                    tar.addfile(_info(name, members[name].size, manifest.made_at), _Watched(source, said))
        packed.flush()
        os.fsync(packed.fileno())
    return whole


def _info(name: str, size: int, at: datetime) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = size, int(at.timestamp()), OWNER_ONLY
    return info


class _Watched:
    """A file that says how far it has been read."""

    def __init__(self, file: Any, said: Callable[[int], None]) -> None:
        self._file, self._said, self._done = file, said, 0

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._file.read(size)
        self._done += len(data)
        self._said(self._done)
        return data


# --- Reading --------------------------------------------------------------------------------------


@contextmanager
def opened(file: Path) -> Iterator[tuple[tarfile.TarFile, Manifest]]:
    """An archive and its manifest. Raises ``BackupFailed`` if it is not one, or has a later format."""
    try:
        with file.open("rb") as packed, tarfile.open(fileobj=packed, mode="r:gz") as tar:
            yield tar, _manifest(tar, file)
    except (gzip.BadGzipFile, zlib.error, tarfile.TarError, EOFError) as error:
        raise BackupFailed(f"{file} cannot be read as a backup: {error}") from None
    except OSError as error:
        raise BackupFailed(f"The backup cannot be restored: {error}") from None


def _manifest(tar: tarfile.TarFile, file: Path) -> Manifest:
    first = tar.next()
    if first is None or first.name != MANIFEST:
        raise BackupFailed(f"{file} is not a backup of Baton: it does not begin with {MANIFEST}.")
    try:
        document = from_json(_contents(tar, first).read(_LONGEST_MANIFEST))
        if isinstance(document, dict) and document.get("format") != FORMAT:
            raise BackupFailed(
                f"{file} is a backup of format {document.get('format')!r}, and this release reads {FORMAT}. "
                "Restore it with the release that made it, or a later one."
            )
        manifest = Manifest.model_validate(document)
    except ValidationError as error:
        wrong = mistakes_in(error, "all of it")
        raise BackupFailed(f"{file}: its {MANIFEST} cannot be used: {wrong}") from None
    except ValueError as error:
        raise BackupFailed(f"{file}: its {MANIFEST} cannot be read: {error}") from None
    unknown = manifest.members.keys() - {TEMPORAL, SQLITE, POSTGRESQL, *DOCUMENTS}
    if unknown:
        raise BackupFailed(f"{file} has members unknown to this release: {', '.join(sorted(unknown))}")
    return manifest


def unpack(tar: tarfile.TarFile, manifest: Manifest, folder: Path, say: Say) -> dict[str, Path]:
    """Put the members into ``folder``, and check them. Raises ``BackupFailed`` if one is damaged."""
    files: dict[str, Path] = {}
    for info in tar:
        name = info.name
        if name == MANIFEST and not files:
            continue
        member = manifest.members.get(name)
        if member is None or name in files:
            raise BackupFailed(f"The backup is damaged: {name!r} is not in its manifest, or twice in it.")
        stream = _contents(tar, info)
        said = steps(f"Unpacking {name}", member.size, say)
        path, done, sha = folder / name, 0, hashlib.sha256()
        with open(path, "wb", opener=private) as target:
            # A member that is larger is damaged; do not unpack all of it.
            while done <= member.size and (chunk := stream.read(_CHUNK)):
                target.write(chunk)
                sha.update(chunk)
                done += len(chunk)
                said(done)
        if (done, sha.hexdigest()) != (member.size, member.sha256):
            raise BackupFailed(f"The backup is damaged: {name} is not as it was written.")
        files[name] = path
    missing = (manifest.members.keys() | manifest.required) - files.keys()
    if missing:
        raise BackupFailed(f"The backup is incomplete: {', '.join(sorted(missing))} is missing.")
    return files


def _contents(tar: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    # No links: one could point to a file on this machine.
    stream = tar.extractfile(info) if info.isreg() else None
    if stream is None:
        raise BackupFailed(f"The backup is damaged: {info.name!r} is not a file.")
    return stream


# --- Helpers --------------------------------------------------------------------------------------


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def keys_named(path: Path) -> tuple[str, ...]:
    """The names of the keys that payloads in Temporal's database refer to, found in the bytes of the file."""
    found: set[bytes] = set()
    rest = b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            found.update(_KEY_NAME.findall(rest + chunk))
            rest = chunk[-_LONGEST_KEY_ENTRY:]
    return tuple(sorted(name.decode() for name in found))


def steps(what: str, total: int, say: Say) -> Callable[[int], None]:
    """Say what is being done. Returns a function to report progress: call it with the bytes or pages done."""
    say(f"{what} …")
    last = time.monotonic()

    def done(number: int) -> None:
        nonlocal last
        if total and time.monotonic() - last >= SAID_EVERY:
            last = time.monotonic()
            say(f"{what}: {min(number / total, 1):.0%}")

    return done


def megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def now() -> datetime:
    return datetime.now(UTC)
