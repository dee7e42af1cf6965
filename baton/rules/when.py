"""The conditions of a rule: the part of the language that is written under ``when``.

Conditions and tests are made at run time from the table of fields, because sixty fields written out by hand
in each of three places would drift apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Strict,
    Tag,
    create_model,
    model_validator,
)
from pydantic_core import PydanticCustomError

from baton.contract.words import Key, Label
from baton.rules.field import Field as RuleField
from baton.rules.field import Sort
from baton.rules.fields import FIELDS
from baton.rules.grammar import Described, Loose, Part, Phrase, chosen
from baton.rules.measures import Amount, AtLeast, TimeOfDay
from baton.rules.namedconditions import by_name
from baton.rules.scene import EVERY_CASE, TICKETS, CaseType
from baton.wording import BY_KEY

IS_NOT_SET = "is not set"

_WORDS: dict[str, str] = {
    "is": "It is this.",
    "is not": "It is something else, or empty.",
    "is one of": "It is one of these.",
    "is none of": "It is none of these, or empty.",
    "has": "This one is among them.",
    "has not": "This one is not among them.",
    "has any of": "At least one of these is among them.",
    "has none of": "None of these is among them.",
    "contains": "This stands somewhere in it.",
    "does not contain": "This stands nowhere in it.",
}


def _written_out(value: Any) -> Any:
    """The long form of a test: a plain value means *is*."""
    match value:
        case None:
            raise PydanticCustomError(
                "no_test", "there is no value", {"hint": f"write '{IS_NOT_SET}' to ask that"}
            )
        case list():
            raise PydanticCustomError(
                "bare_list",
                "a list needs a word",
                {"hint": "write {is one of: […]}, for labels {has any of: […]}"},
            )
        case "is set" | "is not set" | dict() | BaseModel():
            return value
        case _:
            return {"is": value}


def _labels_written_out(value: Any) -> Any:
    written_out = _written_out(value)
    return written_out if written_out is value else {"has": value}


def _sort_of_test(value: Any) -> str:
    return "set" if isinstance(value, str) else "words"


def _sort_of_value(value: Any) -> str:
    return BY_KEY + "field" if isinstance(value, dict | BaseModel) else "value"


def _value_of(field: RuleField) -> Any:
    """The type of one value of the field."""
    match field.sort:
        case Sort.CHOICE:
            return Literal[field.choices]
        case Sort.TEXT:
            return Phrase
        case Sort.LABEL:
            return Label
        case _:
            return Key


_MEASURED: dict[Sort, type[Part]] = {Sort.NUMBER: Amount, Sort.TIME: TimeOfDay}


def _measured(value: Any) -> Any:
    if value is None or isinstance(value, dict | BaseModel):
        return value
    raise PydanticCustomError(
        "no_measure",
        "a number or a time of day needs a word",
        {"hint": "write {at least: 1} or {at most: 1}, for a time {from: 09:00, until: 18:00}"},
    )


class _Tests:
    """The types of tests for one part of the language: tests of, and comparisons with, some of the fields."""

    def __init__(self, prefix: str, available: Sequence[RuleField]) -> None:
        self.prefix = prefix
        self.available = available
        self._made: dict[tuple[Sort, tuple[str, ...]], Any] = {}

    def of(self, field: RuleField) -> Any:
        """The type of the test of a field. Fields of the same sort with the same choices share it."""
        key = (field.sort, field.choices)
        if field.sort in _MEASURED:
            return Annotated[_MEASURED[field.sort], BeforeValidator(_measured)]
        if key not in self._made:
            flag: Any = Annotated[bool, Strict()]
            self._made[key] = flag if field.sort is Sort.FLAG else self._test(field)
        return self._made[key]

    def _test(self, field: RuleField) -> Any:
        value = _value_of(field)
        several = Annotated[tuple[value, ...], Loose, Field(min_length=1)]  # type: ignore[valid-type]
        either = self._value_or_field(field, value)
        words: dict[str, Any]
        if field.sort is Sort.TEXT:
            words = {"is": value, "is not": value, "contains": value, "does not contain": value}
        elif field.sort is Sort.LABEL:
            words = {"has": value, "has not": value, "has any of": several, "has none of": several}
        else:
            words = {"is": either, "is not": either, "is one of": several, "is none of": several}
        test = chosen(self._name(field, "Test"), [(word, kind, _WORDS[word]) for word, kind in words.items()])
        state = Literal["is set", "is not set"]
        written_out = _labels_written_out if field.sort is Sort.LABEL else _written_out
        return Annotated[
            Annotated[state, Tag("set")] | Annotated[test, Tag("words")],
            Discriminator(_sort_of_test),
            BeforeValidator(written_out, json_schema_input_type=value | state | test),
        ]

    def _value_or_field(self, field: RuleField, value: Any) -> Any:
        """A value, or the name of another field of the same sort."""
        same = tuple(
            other.name
            for other in self.available
            if (other.sort, other.choices) == (field.sort, field.choices) and not other.many
        )
        if len(same) < 2 or field.sort is Sort.CHANNEL:
            return value
        names: Any = Literal[same]
        reference: Any = create_model(
            self._name(field, "Field"),
            __base__=Described,
            __module__=__name__,
            field=(names, Field(description="The other field to compare with.")),
        )
        return Annotated[
            Annotated[value, Tag("value")] | Annotated[reference, Tag(BY_KEY + "field")],
            Discriminator(_sort_of_value),
        ]

    def _name(self, field: RuleField, suffix: str) -> str:
        parts = field.name.split(".")
        # Several fields are called 'type', each with its own choices.
        own = "_".join(parts[-2:] if parts[-1] == "type" else parts[-1:])
        words = re.split(r"_", own if field.sort is Sort.CHOICE else field.sort.value)
        return f"{self.prefix}{''.join(word.title() for word in words)}{suffix}"


# --- Conditions ---------------------------------------------------------------------------------


class Anchor(NamedTuple):
    """A moment from which time is counted, and the cases that have it."""

    about: str
    of: frozenset[CaseType] = EVERY_CASE


ANCHORS: dict[str, Anchor] = {
    "minutes since customer message": Anchor("Minutes since the customer wrote last."),
    "minutes since staff message": Anchor("Minutes since a member of staff wrote last."),
    "minutes since last message": Anchor("Minutes since the last message of customer or staff."),
    "minutes waiting": Anchor("Minutes since the customer's first message that nobody has answered."),
    "minutes since assigned": Anchor("Minutes since the present assignee, or queue, got the case."),
    "minutes since asked": Anchor(
        "Minutes since the first department that is still asked was asked.", TICKETS
    ),
}


def _elsewhere(scopes: tuple[str, ...], name: str) -> tuple[str, str] | None:
    """Why a condition that other rules know cannot stand here, and a hint."""
    if name in ANCHORS:
        return (
            f"only a timed rule can ask for {name!r}",
            "write it directly under 'when', in a rule of the list 'timed'",
        )
    field = FIELDS.get(name)
    if field is None or field.scope in scopes:
        return None
    return (
        f"a timed rule cannot ask for {name!r}, because no event has happened",
        "ask for what the case is like now, such as case.status",
    )


def _when(name: str, prefix: str, scopes: tuple[str, ...]) -> type[Part]:
    """Conditions on the fields in these scopes, which may be nested with all, any and not."""
    available = [field for field in FIELDS.values() if field.scope in scopes]
    tests = _Tests(prefix, available)
    below: Any = Annotated[tuple[name, ...], Loose, Field(min_length=1)]  # type: ignore[valid-type]
    described = [(field.name, tests.of(field), field.about) for field in available]
    nested: list[tuple[str, Any, str]] = [
        ("all", below, "All of these hold."),
        ("any", below, "At least one of these holds."),
        ("not", name, "These do not hold (together)."),
    ]
    model = chosen(name, [*described, *nested], by_name(name, tests.of, partial(_elsewhere, scopes)))
    model.model_rebuild(_types_namespace={name: model})
    return model


if TYPE_CHECKING:

    class EventWhen(Part):
        """Conditions about something that happened."""

    class TimedWhen(Part):
        """Conditions about something that did not happen for some time."""

else:
    EventWhen = _when("EventWhen", "", ("case", "event", "before", "previous"))
    CaseWhen = _when("CaseWhen", "Case", ("case",))

    class _Timed(CaseWhen):
        model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": [name]} for name in ANCHORS]})

        @model_validator(mode="before")
        @classmethod
        def _has_time(cls, value: Any) -> Any:
            if isinstance(value, dict) and not value.keys() & ANCHORS.keys():
                hint = f"add for example '{next(iter(ANCHORS))}: {{at least: 30}}'"
                raise PydanticCustomError(
                    "no_time", "a timed rule needs a condition about time", {"hint": hint}
                )
            return value

    TimedWhen = chosen(
        "TimedWhen", [(name, AtLeast, anchor.about) for name, anchor in ANCHORS.items()], _Timed
    )
