"""The URL of the help desk's database, which may hold a password: checked, shown, and parted from it.

Whoever reads such a URL later (SQLAlchemy, asyncpg, PostgreSQL's own tools) has rules of its own for what is
not quite one, and messages of its own that quote it. So what is not a URL to the letter is refused here, in
words that quote nothing.
"""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

SCHEMES = ("sqlite", "postgresql")
MASK = "***"
BEGINNING = "it must begin with postgresql:// or sqlite:///"
_PASSWORD = "password="
"""A parameter by which it may be given, too."""
_ESCAPED = "in a name or password write / @ : ? # % and space as %2F %40 %3A %3F %23 %25 and %20"
_NOT_WRITTEN = re.compile(r"[^!-~]|%(?![0-9A-Fa-f]{2})")
"""What no URL has: spaces, letters that are not ASCII, a % that escapes nothing."""
_HOST = re.compile(r"([A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?)?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")


def mistake_in(url: str) -> str:
    """What is wrong with the URL of a database, without any part of it; empty if nothing is."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in SCHEMES:
        return f"{BEGINNING} (without a driver's name)"
    if scheme == "sqlite":
        return "" if rest.startswith("/") and rest != "/" else "it names no file: sqlite:/// and a path"
    if _NOT_WRITTEN.search(url):
        return f"it has a character that no URL has, or a % that escapes nothing; {_ESCAPED}"
    try:
        parts = urlsplit(url)
        readable = _HOST.fullmatch(parts.hostname or "") and parts.port != 0  # a wrong port raises here
    except ValueError:
        readable = None
    if not readable:
        return f"its host or port cannot be read; {_ESCAPED}"
    # What is not escaped in a password ends it too early, and its rest stands where other parts are.
    if "#" in url or url.count("@") > parts.netloc.count("@") or parts.netloc.count("@") > 1:
        return f"it cannot be told where its password ends; {_ESCAPED}"
    return ""


def shown(url: str) -> str:
    """A URL without a mistake as it may be printed: a mask for the password, and no parameters."""
    parts = urlsplit(url)
    if parts.scheme != "postgresql":
        return url
    user, at, host = parts.netloc.rpartition("@")
    name, colon, _ = user.partition(":")
    return f"postgresql://{name}{f'{colon}{MASK}' if colon else ''}{at}{host}{parts.path}"


def parted(url: str) -> tuple[str, str]:
    """A URL without a mistake as one without its password, and the password; empty if it has none."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    name, _, password = user.partition(":")
    parameters = parts.query.split("&") if parts.query else []
    named = [one for one in parameters if one.startswith(_PASSWORD)]
    query = "&".join(one for one in parameters if one not in named)
    password = password or "".join(named[-1:]).removeprefix(_PASSWORD)
    return f"{parts.scheme}://{name}{at}{host}{parts.path}{'?' if query else ''}{query}", unquote(password)
