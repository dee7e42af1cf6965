"""Conditions whose names are made up of a name of the directory, such as ``line.line-1.available``.

No table can list them. So a ``when`` takes any further condition of this form, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, NamedTuple

from pydantic import GetJsonSchemaHandler, PlainValidator, TypeAdapter, ValidationInfo, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError, PydanticKnownError, core_schema

from baton.rules.field import Field
from baton.rules.grammar import Chosen, Part
from baton.rules.namedfields import SORTS, asked_of, named_field, named_in
from baton.wording import did_you_mean


class _Given(NamedTuple):
    """A condition with its name: what checks a value is not told under which name it stands."""

    name: str
    test: Any


def by_name(
    owner: str,
    test_of: Callable[[Field], Any],
    elsewhere: Callable[[str], tuple[str, str] | None],
) -> type[Part]:
    """What conditions are based on so that they may be about a line, a calendar or a person by name.

    Args:
        test_of: gives the type of the test of a field.
        elsewhere: says of a name that other rules know why it cannot stand here, and what to do.
    """
    tests: Mapping[str, TypeAdapter[Any]] = {
        f"{what}.{asked}": TypeAdapter(test_of(_sample(what, asked)))
        for what in SORTS
        for asked in asked_of(what)
    }

    def checked(given: Any, info: ValidationInfo) -> Any:
        if not isinstance(given, _Given):
            return given
        named = named_in(given.name)
        if named is None or named.what not in SORTS:
            if found := elsewhere(given.name):
                what, hint = found
                raise PydanticCustomError("elsewhere", "{what}", {"what": what, "hint": hint})
            raise PydanticKnownError("extra_forbidden")
        if named.asked not in asked_of(named.what):
            possible = [f"{named.what}.{named.key}.{asked}" for asked in asked_of(named.what)]
            raise PydanticCustomError(
                "not_asked",
                "unknown field {name}",
                {"name": repr(given.name), "hint": did_you_mean(given.name, possible)},
            )
        return tests[f"{named.what}.{named.asked}"].validate_python(given.test, context=info.context)

    class ByName(Chosen):
        model_config = {"extra": "allow"}
        __pydantic_extra__: dict[str, Annotated[Any, PlainValidator(checked)]]

        @model_validator(mode="before")
        @classmethod
        def _named(cls, value: Any) -> Any:
            if not isinstance(value, dict):
                return value
            known = {info.alias or name for name, info in cls.model_fields.items()}
            return {
                name: test if name in known or isinstance(test, _Given) else _Given(name, test)
                for name, test in value.items()
            }

        @classmethod
        def at(cls, name: str) -> Any:
            """The type of the test under this name, for hints."""
            field = named_field(name)
            return test_of(field) if field is not None else None

        @classmethod
        def __get_pydantic_json_schema__(
            cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
        ) -> JsonSchemaValue:
            made = handler(schema)
            here = handler.resolve_ref_schema(made)
            here["additionalProperties"] = False
            here["patternProperties"] = {
                rf"^{what}\.[^\s:]+\.{asked}$": {
                    **handler(tests[f"{what}.{asked}"].core_schema),
                    "description": _sample(what, asked).about,
                }
                for what in SORTS
                for asked in asked_of(what)
            }
            return made

    ByName.__name__ = f"{owner}ByName"
    return ByName


def _sample(what: str, asked: str) -> Field:
    found = named_field(f"{what}.x.{asked}")
    assert found is not None
    return found
