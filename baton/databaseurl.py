"""The URL of the help desk's database, which may hold a password: checking, showing and splitting it.

The later readers of such a URL (SQLAlchemy, psycopg, PostgreSQL's own tools) each treat an invalid one in
their own way, and quote it in their error messages. So a URL that is not strictly valid is refused here, with
a message that quotes none of it.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

SCHEMES = ("sqlite", "postgresql")
MASK = "***"
BEGINNING = "it must begin with postgresql:// or sqlite:///"
_PASSWORD = "password="
"""A parameter that may also give it."""
_ESCAPED = "in a name or password write / @ : ? # % and space as %2F %40 %3A %3F %23 %25 and %20"
_NOT_WRITTEN = re.compile(r"[^!-~]|%(?![0-9A-Fa-f]{2})")
"""What no URL may contain: spaces, letters that are not ASCII, a % that escapes nothing."""
_HOST = re.compile(r"([A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?)?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")


def mistake_in(url: str) -> str:
    """What is wrong with the URL of a database, without quoting it; empty if nothing is."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in SCHEMES:
        return f"{BEGINNING} (without a driver's name)"
    if scheme == "sqlite":
        return "" if rest.startswith("/") and rest != "/" else "it names no file: sqlite:/// and a path"
    if _NOT_WRITTEN.search(url):
        return f"it has a character that no URL may have, or a % that escapes nothing; {_ESCAPED}"
    try:
        parts = urlsplit(url)
        readable = _HOST.fullmatch(parts.hostname or "") and parts.port != 0  # a wrong port raises here
    except ValueError:
        readable = None
    if not readable:
        return f"its host or port cannot be read; {_ESCAPED}"
    # An unescaped character ends the password too early, and the rest lands where other parts belong.
    if "#" in url or url.count("@") > parts.netloc.count("@") or parts.netloc.count("@") > 1:
        return f"it is unclear where its password ends; {_ESCAPED}"
    return ""


def shown(url: str) -> str:
    """A valid URL as it may be printed: with a mask for the password, and without parameters."""
    parts = urlsplit(url)
    if parts.scheme != "postgresql":
        return url
    user, at, host = parts.netloc.rpartition("@")
    name, colon, _ = user.partition(":")
    return f"postgresql://{name}{f'{colon}{MASK}' if colon else ''}{at}{host}{parts.path}"


def sqlite_file(url: str) -> Path | None:
    """The file of a valid URL of SQLite; ``None`` for PostgreSQL."""
    scheme, _, rest = url.partition(":///")
    return Path(rest.partition("?")[0]) if scheme == "sqlite" else None


def parted(url: str) -> tuple[str, str]:
    """Split a valid URL into one without its password, and the password (empty if it has none)."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    name, _, password = user.partition(":")
    parameters = parts.query.split("&") if parts.query else []
    named = [one for one in parameters if one.startswith(_PASSWORD)]
    query = "&".join(one for one in parameters if one not in named)
    password = password or "".join(named[-1:]).removeprefix(_PASSWORD)
    return f"{parts.scheme}://{name}{at}{host}{parts.path}{'?' if query else ''}{query}", unquote(password)
