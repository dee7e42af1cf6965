"""Tests of what is counted and measured: a number, minutes, a time of day."""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from baton.rules.grammar import Chosen, Part

MOST_MINUTES = 60 * 24 * 366

_CLOCK = r"(?:[01]\d|2[0-3]):[0-5]\d"


def _a_time(value: object) -> object:
    if not isinstance(value, str) or not re.fullmatch(rf"{_CLOCK}|24:00", value):
        raise PydanticCustomError(
            "time_of_day", "this is not a time of day", {"hint": "write 09:00, with two digits for the hour"}
        )
    return value


Clock = Annotated[
    str, BeforeValidator(_a_time), WithJsonSchema({"type": "string", "pattern": f"^({_CLOCK}|24:00)$"})
]


class AtLeast(Part):
    at_least: Annotated[float, Field(gt=0, le=MOST_MINUTES, alias="at least", allow_inf_nan=False)]
    """So many minutes, or more. The rule fires once for each moment from which it counts."""


class Amount(Chosen):
    """How much or how many there may be."""

    at_least: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = Field(
        default=None, alias="at least", description="So many, or more."
    )
    at_most: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = Field(
        default=None, alias="at most", description="So many, or fewer."
    )


class TimeOfDay(Chosen):
    """A part of the day; past midnight, if it ends earlier than it begins."""

    since: Clock | None = Field(default=None, alias="from", description="From this time on.")
    until: Clock | None = Field(default=None, description="Until just before this time.")

    @model_validator(mode="after")
    def _is_a_part(self) -> Self:
        since, until = self.interval
        if since == until:
            raise PydanticCustomError(
                "whole_day",
                "this is no part of the day: it begins when it ends",
                {"hint": "remove it, or write another time after 'until'"},
            )
        return self

    @property
    def interval(self) -> tuple[time, time]:
        """When it begins, and when it ends: midnight at the end of the day is 00:00, too."""
        return _time(self.since or "00:00"), _time(self.until or "24:00")


def _time(written: str) -> time:
    return time() if written == "24:00" else time.fromisoformat(written)
