"""Texts with places to fill in. The only module that knows Jinja2.

A text is data of somebody who need not be a programmer: it reads the fields of its context and pipes them
through a few filters, and can do nothing else. There are no methods, no global functions and no files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from types import TracebackType
from typing import Any

import jinja2
from jinja2 import meta, nodes
from jinja2.exceptions import FilterArgumentError, SecurityError
from jinja2.filters import FILTERS as DEFAULT_FILTERS
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

from baton.wording import did_you_mean

_FILE = "<template>"
"""How Jinja2 names a text that comes from no file, in a traceback."""


class Fault(Exception):
    """What is wrong with a text: in which of its lines (from 1), and what to do about it."""

    def __init__(self, line: int, what: str, hint: str = "") -> None:
        self.line = line
        self.what = what
        self.hint = hint
        super().__init__(f"line {line}: {what}")


# --- Filters ------------------------------------------------------------------------------------


def _time(value: object) -> datetime:
    if not isinstance(value, datetime):
        raise FilterArgumentError("there is no time here\nask first: {% if expected %}…{% endif %}")
    return value


def day(value: object) -> str:
    """``Monday, 7 December``."""
    at = _time(value)
    return f"{at:%A}, {at.day} {at:%B}"


def time(value: object) -> str:
    """``16:30``."""
    return f"{_time(value):%H:%M}"


def date(value: object, layout: str = "%Y-%m-%d") -> str:
    """``2026-12-07``, or in another layout, such as ``%d.%m.%Y``."""
    return _time(value).strftime(layout)


_BORROWED = (
    *("capitalize", "default", "first", "indent", "join", "last", "length", "list", "lower", "map"),
    *("rejectattr", "replace", "selectattr", "sort", "title", "trim", "truncate", "unique", "upper"),
)
FILTERS: Mapping[str, Any] = {
    **{name: DEFAULT_FILTERS[name] for name in _BORROWED},
    "day": day,
    "time": time,
    "date": date,
}
"""Filters that a text may use: Jinja2's own that make sense in a letter, and three for times."""


# --- The sandbox --------------------------------------------------------------------------------


class _Unknown(jinja2.StrictUndefined):
    """Something that is not there: an error as soon as it is used, said with what is there."""

    @property
    def _undefined_message(self) -> str:
        name, owner = self._undefined_name, self._undefined_obj
        if self._undefined_hint:  # the sandbox says so of what is there, and must not be used
            return f"{name!r} cannot be used here\na text has fields and filters only: {{{{ … | upper }}}}"
        if owner is missing:
            return f"there is nothing called {name!r}"
        if owner is None:
            return (
                f"nobody and nothing is here that could have {name!r}\nask first: {{% if … %}}…{{% endif %}}"
            )
        known = getattr(type(owner), "__slots__", ())
        return f"it has no {name!r}\n{did_you_mean(str(name), known, 'it has no fields')}"


class _Sandbox(ImmutableSandboxedEnvironment):
    # These can make megabytes out of a few characters.
    intercepted_binops = frozenset({"*", "**", "%"})

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return super().is_safe_attribute(obj, attr, value) and not callable(value)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "**" or not (isinstance(left, int | float) and isinstance(right, int | float)):
            raise SecurityError(f"{operator!r} is for plain numbers only, and '**' not for any")
        return super().call_binop(context, operator, left, right)


def _sandbox() -> jinja2.Environment:
    sandbox = _Sandbox(undefined=_Unknown, autoescape=False, trim_blocks=True, lstrip_blocks=True)
    sandbox.globals.clear()
    sandbox.filters = dict(FILTERS)
    return sandbox


_SANDBOX = _sandbox()


# --- Compiling and rendering --------------------------------------------------------------------


@lru_cache(maxsize=1000)
def compiled(source: str) -> jinja2.Template:
    """The text, ready to be rendered. Raises `Fault` if it cannot be read."""
    try:
        return _SANDBOX.from_string(source)
    except jinja2.TemplateSyntaxError as error:
        unknown = re.match(r"No filter named '(.*)'", error.message or "")
        hint = (
            did_you_mean(unknown[1], FILTERS) if unknown else "see docs/templates.md for what may stand here"
        )
        raise Fault(error.lineno, (error.message or "this cannot be read").rstrip("."), hint) from None


def unknown_names(source: str, known: Iterable[str]) -> Iterator[Fault]:
    """Every name in the text that no context has, also where a sample would not lead."""
    tree = _SANDBOX.parse(source)
    allowed = list(known)
    for name in sorted(meta.find_undeclared_variables(tree) - set(allowed)):
        line = next(node.lineno for node in tree.find_all(nodes.Name) if node.name == name)
        yield Fault(line, f"there is nothing called {name!r}", did_you_mean(name, allowed))


def rendered(source: str, values: Mapping[str, object], limit: int, ending: str | None = None) -> str:
    """The text with its places filled in, without white space around it.

    Raises `Fault` if that is not possible, or the result has more than ``limit`` characters; with an
    ``ending`` it is cut there instead, and the ending is put behind it.
    """
    pieces: list[str] = []
    size = 0
    try:
        for piece in compiled(source).generate(**values):
            pieces.append(piece)
            size += len(piece)
            if size > limit:
                break
    except Fault:
        raise
    except Exception as error:  # whatever a text can provoke, it is the text that is wrong
        what, _, hint = str(error).partition("\n")
        raise Fault(_line(error.__traceback__), what or type(error).__name__, hint) from error
    text = "".join(pieces).strip()
    if size <= limit:
        return text
    if ending is None:
        raise Fault(1, f"the result has more than {limit:,} characters", "say it in fewer words")
    return text[: limit - len(ending)] + ending


def _line(trace: TracebackType | None) -> int:
    """The line of the text in which an error happened."""
    line = 1
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == _FILE:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
