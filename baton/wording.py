"""Mistakes in documents, worded so that whoever wrote the document knows what to do.

Turns pydantic's errors into a sentence and a hint. The hints need the model, because only the model knows
what would have been allowed in place of an unknown field.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from itertools import accumulate
from types import UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from baton.signs import one_line

BY_KEY = "key:"
"""Prefix of the name of an alternative that is chosen because this key is present: ``key:assign``."""
MOST_NAMES = 12
"""How many names are listed if none is close to what was written."""
LONGEST_LIST = 200
"""The most characters of such a list."""

MOST_QUOTED = 60
"""How many characters of what was written are quoted."""


class Mistake(NamedTuple):
    what: str
    hint: str = ""


def did_you_mean(given: str, allowed: Iterable[str], otherwise: str = "") -> str:
    """A hint with the names closest to ``given``, or else with everything that is allowed."""
    names = list(dict.fromkeys(allowed))
    folded = {name.casefold(): name for name in names}
    near = [folded[match] for match in get_close_matches(given.casefold(), folded, n=3, cutoff=0.6)]
    if near:
        return f"did you mean {_or(near)}?"
    if not names:
        return otherwise
    room = accumulate(len(name) + len(", ") for name in names[:MOST_NAMES])
    shown = [name for name, length in zip(names, room, strict=False) if length <= LONGEST_LIST] or names[:1]
    more = len(names) - len(shown)
    return f"allowed: {', '.join(shown)}" + (f" and {more} more" if more else "")


def _or(names: list[str]) -> str:
    return " or ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def mistakes_in(
    error: ValidationError, whole: str, *, skip: int = 0, most: int | None = None, not_blank: bool = False
) -> str:
    """Pydantic's errors about data that a program wrote, in one line: for each, its place and what is wrong.

    Args:
        whole: what to call the place of a mistake in the data as a whole.
        skip: leaves out the first parts of each place, such as the kind in a union of events.
        most: how many to report, if not all; the others are only counted.
        not_blank: whether the only pattern in the data is the one for text that is not blank.
    """
    found = mistakes_by_field(error, whole, skip=skip, not_blank=not_blank)
    told = [f"{field}: {what}" for field, what in found[:most]]
    more = len(found) - len(told)
    return one_line("; ".join(told) + (f"; and {more} more" if more else ""))


def mistakes_by_field(
    error: ValidationError, whole: str, *, skip: int = 0, not_blank: bool = False
) -> list[tuple[str, str]]:
    """The same as pairs: the place of each mistake, and what is wrong there."""
    return [
        (
            ".".join(map(str, item["loc"][skip:])) or whole,
            "must not be blank" if not_blank and item["type"] == "string_pattern_mismatch" else item["msg"],
        )
        for item in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def explain(model: type[BaseModel], error: Mapping[str, Any]) -> Mistake:
    """One of pydantic's errors about ``model``, in words."""
    context = error.get("ctx") or {}
    given = error.get("input")
    last = str(error["loc"][-1]) if error["loc"] else ""
    message = str(error["msg"])
    match error["type"]:
        case "extra_forbidden":
            return Mistake(f"unknown field {last!r}", did_you_mean(last, fields_at(model, error["loc"][:-1])))
        case "missing":
            return Mistake(f"{last!r} is missing", f"add '{last}: …'")
        case "literal_error" | "enum":
            allowed = re.findall(r"'([^']*)'", str(context.get("expected", ""))) or [
                str(context.get("expected")).lower()
            ]
            return Mistake(f"{_shown(given)} is not possible here", did_you_mean(str(given), allowed))
        case "union_tag_invalid":
            allowed = re.findall(rf"'{BY_KEY}([^']*)'", str(context.get("expected_tags", "")))
            tag = str(context.get("tag", "")).removeprefix(BY_KEY)
            return Mistake(f"unknown field {tag!r}", did_you_mean(tag, allowed))
        case "union_tag_not_found" | "model_type" | "dict_type" | "model_attributes_type":
            hint = did_you_mean("", fields_at(model, error["loc"]))
            return Mistake(f"fields are expected here, not {_shown(given)}", hint)
        case "list_type" | "tuple_type" | "set_type" | "frozen_set_type":
            return Mistake(
                f"a list is expected here, not {_shown(given)}", "write each item after a dash, or [a, b]"
            )
        case "string_type":
            quotable = isinstance(given, int | float)
            return Mistake(
                f"text is expected here, not {_shown(given)}", "put it in quotes" if quotable else ""
            )
        case "int_type" | "float_type":
            whole = "whole " if error["type"] == "int_type" else ""
            what = f"a {whole}number is expected here, not {_shown(given)}"
            return Mistake(what, "write it without quotes" if _is_number(given) else "")
        case "bool_type" | "bool_parsing":
            return Mistake(f"true or false is expected here, not {_shown(given)}", _flag(given))
        case "string_pattern_mismatch":
            return Mistake(f"{_shown(given)} is not an ID", "an ID has no spaces and no colons")
        case "string_too_short" | "too_short":
            return Mistake("this must not be empty")
        case _:
            what = message.removeprefix("Value error, ").removeprefix("Input ")
            return Mistake(
                what if "hint" in context else f"{_shown(given)}: {what}", str(context.get("hint", ""))
            )


def _shown(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case dict():
            return "fields"
        case list() | tuple():
            return "a list"
        case str():
            return repr(shortened(value))
        case _:
            return shortened(repr(value))


def shortened(text: str) -> str:
    """The text, or as much of it as a message should quote."""
    return text if len(text) <= MOST_QUOTED else text[:MOST_QUOTED] + "…"


def _is_number(given: object) -> bool:
    return isinstance(given, str) and re.fullmatch(r"[-+]?[0-9]+(\.[0-9]+)?", given) is not None


def _flag(given: object) -> str:
    """What to write in place of a word that could mean true or false, or did in older versions of YAML."""
    match str(given).lower():
        case "yes" | "y" | "on" | "true":
            return "write true"
        case "no" | "n" | "off" | "false":
            return "write false"
    return ""


# --- What a model allows at a place -------------------------------------------------------------


def fields_at(model: type[BaseModel], path: Iterable[str | int]) -> list[str]:
    """The fields that ``model`` allows at ``path``, as they are written in a document."""
    here: list[Any] = [model]
    for part in path:
        if isinstance(part, str) and part.startswith(BY_KEY):
            key = part.removeprefix(BY_KEY)
            here = [kind for kind in _flat(here) if key in _names(kind)]
        else:
            # Any other part that is no field is the name of an alternative in a union: it narrows nothing.
            here = [below for kind in _flat(here) for below in _below(kind, part)] or here
    return list(dict.fromkeys(name for kind in _flat(here) for name in _names(kind)))


def _flat(kinds: Iterable[Any]) -> Iterator[Any]:
    """The plain types behind annotations and unions."""
    for kind in kinds:
        origin = get_origin(kind)
        if origin is Annotated:
            yield from _flat(get_args(kind)[:1])
        elif origin in (Union, UnionType):
            yield from _flat(get_args(kind))
        else:
            yield kind


def _below(kind: Any, part: str | int) -> Iterator[Any]:
    if _is_model(kind):
        yield from (
            info.annotation for name, info in kind.model_fields.items() if (info.alias or name) == part
        )
        if isinstance(part, str) and hasattr(kind, "at") and (below := kind.at(part)) is not None:
            yield below
    elif get_origin(kind) is dict and isinstance(part, str):
        yield get_args(kind)[1]
    elif get_origin(kind) in (list, tuple) and isinstance(part, int):
        yield get_args(kind)[0]


def _names(kind: Any) -> list[str]:
    return [info.alias or name for name, info in kind.model_fields.items()] if _is_model(kind) else []


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and get_origin(kind) is None and issubclass(kind, BaseModel)
