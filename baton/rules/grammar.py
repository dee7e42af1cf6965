"""The parts from which the languages of rules and of templates are put together.

Everything is strict: an unknown field is an error, a number is not text, and nothing is converted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from hashlib import sha256
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, Strict, StringConstraints, create_model, model_validator
from pydantic_core import PydanticCustomError

from baton.wording import BY_KEY

LONGEST_TEXT = 10_000

Phrase = Annotated[str, StringConstraints(min_length=1, max_length=255)]
"""Something to look for in a text."""
Text = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TEXT)]
Loose = Strict(False)
"""For tuples: a YAML list is not a tuple. What is in them stays strict."""


class Part(BaseModel):
    """Anything in a file that people write: unknown fields are errors, and a number is not a text."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)


class Described(Part):
    """A part whose entries are described by their fields, and not by docstrings.

    In search of these, pydantic would go through every module that is loaded, for each model that is made at
    run time. That was most of what it took to import this package.
    """

    model_config = ConfigDict(use_attribute_docstrings=False)


class Chosen(Described):
    """A mapping of optional entries, of which at least one is there: an empty one would say nothing."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    @model_validator(mode="before")
    @classmethod
    def _says_something(cls, value: Any) -> Any:
        if isinstance(value, dict) and not value:
            raise PydanticCustomError(
                "empty", "there is nothing here", {"hint": "remove it, or say what must hold"}
            )
        return value


def digest_of(file: Part) -> str:
    """The digest of what a file says, not of how it is laid out."""
    content = file.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(canonical.encode()).hexdigest()


def entries(part: BaseModel) -> Iterator[tuple[str, Any]]:
    """The entries of a part, under the names that are used in the file."""
    given = part.model_fields_set
    for name, alias in _written_names(type(part)):
        if name in given:
            yield alias, getattr(part, name)
    yield from (part.model_extra or {}).items()


@cache
def _written_names(kind: type[BaseModel]) -> tuple[tuple[str, str], ...]:
    return tuple((name, info.alias or name) for name, info in kind.model_fields.items())


def chosen(name: str, described: Iterable[tuple[str, Any, str]], base: type[Part] = Chosen) -> type[Part]:
    """A model of optional entries, each with its name, type and description."""
    made: dict[str, Any] = {
        "f_" + re.sub(r"\W", "_", alias): (kind, Field(default=None, alias=alias, description=about))
        for alias, kind, about in described
    }
    model: type[Part] = create_model(name, __base__=base, __module__=__name__, **made)
    return model


def key_of(*keys: str) -> Callable[[Any], str | None]:
    """Make a function that chooses among alternatives by the key that is present."""

    def choose(value: Any) -> str | None:
        if isinstance(value, BaseModel):
            given = [key for key, _ in entries(value)]
        else:
            given = [str(key) for key in value] if isinstance(value, dict) else []
        found = next((key for key in keys if key in given), next(iter(given), None))
        return None if found is None else BY_KEY + found

    return choose
