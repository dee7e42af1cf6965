"""Pages from templates, and the files beside them.

Templates are in ``pages``. They get what the handler gives them, and what every page needs: ``_`` and
``several`` for texts (see `baton.texts`), ``static`` for the path of a file, ``role_name``, ``language``,
``person``, ``navigation``, ``here`` and ``form_token``. Whatever is put into a page is escaped; a name that
is not given is an error.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

_FOLDER = Path(__file__).parent
_MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
STATIC = "/static/"


class StaticFile(NamedTuple):
    """A file that is served as it is."""

    name: str
    content: bytes
    media_type: str

    @property
    def digest(self) -> str:
        """Tells this content from others."""
        return hashlib.sha256(self.content).hexdigest()[:16]

    @property
    def path(self) -> str:
        """Where it is: another content has another path, so browsers may keep it for good."""
        return f"{STATIC}{self.digest}/{self.name}"


@cache
def static_files() -> Mapping[str, StaticFile]:
    """The files, by name, as they are when the first is asked for."""
    return {
        path.name: StaticFile(path.name, path.read_bytes(), _MEDIA_TYPES[path.suffix])
        for path in sorted((_FOLDER / "static").iterdir())
    }


def static_path(name: str) -> str:
    """Where a file is. Raises ``KeyError`` if there is none of this name."""
    return static_files()[name].path


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER / "pages"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["static"] = static_path
    environment.filters["filled"] = _filled
    return environment


def _filled(text: str, **values: object) -> Markup:
    """A text with values, of which some are HTML; what is none is escaped."""
    return Markup(escape(text)).format(**values)


def rendered(name: str, values: Mapping[str, Any]) -> str:
    """A page or a part of one, as HTML."""
    return _environment().get_template(name).render(values)
