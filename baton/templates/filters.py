"""The filters that a text may use: Jinja2's own that make sense in a letter, and three for times.

Each charges the budget in ``baton.templates.work`` for what it reads and, before writing, for what it writes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import wraps
from typing import Any

from jinja2 import Environment, Undefined, pass_context, pass_environment
from jinja2.exceptions import FilterArgumentError
from jinja2.filters import FILTERS as DEFAULT_FILTERS
from jinja2.filters import make_attrgetter
from jinja2.runtime import Context

from baton.templates.work import counted, take_characters, take_for

_LONGEST_LAYOUT = 100
# Each character of a layout may become a word, but none may set a width.
_LAYOUT = re.compile(r"(?:[^%]|%-?[A-Za-z%])*")


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
    at = _time(value)
    if not _LAYOUT.fullmatch(layout) or len(layout) > _LONGEST_LAYOUT:
        raise FilterArgumentError(
            f"this is no layout of a date\nuse at most {_LONGEST_LAYOUT} signs, such as %d.%m.%Y"
        )
    return at.strftime(layout)


def is_there(value: object) -> bool:
    """Whether a name means something: whether it is known, and not empty because it is optional."""
    return value is not None and not isinstance(value, Undefined)


def text_of(value: object) -> str:
    """The value as text; of nothing, no text.

    A list is an error: it would be written as in Python, and could be endless.
    """
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        raise FilterArgumentError("a list stands here and not a text\nmake one of it: | join(', ')")
    return str(value)


def indent(value: object, width: int | str = 4, first: bool = False, blank: bool = False) -> str:
    """The text with this many spaces, or this string, before every line but the first."""
    text = text_of(value)
    by = len(width) if isinstance(width, str) else int(width)
    take_characters((len(text.splitlines()) + 1) * max(by, 0))
    done: str = DEFAULT_FILTERS["indent"](text, width, first, blank)
    return done


def replace(value: object, old: str, new: str, count: int = -1) -> str:
    """The text with ``new`` in place of ``old``; of the first ``count`` only, if given."""
    text, old, new = text_of(value), text_of(old), text_of(new)
    found = text.count(old) if count < 0 else min(text.count(old), count)
    take_characters(found * len(new))
    return text.replace(old, new, count)


@pass_environment
def join(environment: Environment, value: Iterable[Any], between: str = "", attribute: Any = None) -> str:
    """All items that are there in a row, with this text between them."""
    items: Iterable[Any] = value
    if attribute is not None:
        items = map(make_attrgetter(environment, attribute), items)
    between = text_of(between)
    texts: list[str] = []
    for item in counted(items):
        if item is None:
            continue
        texts.append(text_of(item))
        take_characters(len(texts[-1]) + len(between))
    return between.join(texts)


def default(value: Any, default_value: Any = "", boolean: bool = False) -> Any:
    """The value, or if it is not there or an empty text or list, the other one; with true, also if false."""
    empty = not is_there(value) or (isinstance(value, str | list | tuple) and not value)
    return default_value if empty or (boolean and not value) else value


@pass_context
def map_(context: Context, values: Iterable[Any], *args: Any, **named: Any) -> Iterator[Any]:
    """Jinja2's ``map``, whose ``default`` is also for fields that are empty."""
    for item in DEFAULT_FILTERS["map"](context, values, *args, **named):
        yield item if is_there(item) else named.get("default", item)


def together(values: Iterable[Any]) -> str:
    """What the operator ``~`` does."""
    texts = [text_of(value) for value in values]
    take_characters(sum(map(len, texts)))
    return "".join(texts)


def weighed(value: Any) -> Any:
    """The unchanged value, after the budget has been charged for reading it."""
    take_for(value)
    return value


def measured(function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter or test that is charged for what it reads and writes. Amplifying ones charge more."""
    first = 1 if hasattr(function, "jinja_pass_arg") else 0

    @wraps(function)
    def taking(*args: Any, **named: Any) -> Any:
        for value in (*args[first:], *named.values()):
            take_for(value)
        if len(args) > first and isinstance(args[first], Iterator):
            args = (*args[:first], counted(args[first]), *args[first + 1 :])
        result = function(*args, **named)
        take_for(result)
        return counted(result) if isinstance(result, Iterator) else result

    return taking


def forgiving(function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter to which nothing is an empty text, and not the word "None"."""
    first = 1 if hasattr(function, "jinja_pass_arg") else 0

    @wraps(function)
    def filtering(*args: Any, **named: Any) -> Any:
        if len(args) > first and args[first] is None:
            args = (*args[:first], "", *args[first + 1 :])
        return function(*args, **named)

    return filtering


_BORROWED = (
    *("capitalize", "first", "last", "length", "list", "lower", "rejectattr", "selectattr"),
    *("sort", "title", "trim", "truncate", "unique", "upper"),
)
_OWN: tuple[Callable[..., Any], ...] = (date, day, default, indent, join, map_, replace, time)

FILTERS: Mapping[str, Callable[..., Any]] = {
    name: measured(forgiving(function))
    for name, function in (
        *((name, DEFAULT_FILTERS[name]) for name in _BORROWED),
        *((function.__name__.rstrip("_"), function) for function in _OWN),
    )
}
"""Filters that a text may use."""
