"""The public holidays of a country or of a part of it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from functools import cache, lru_cache

from pydantic import (
    BaseModel,
    ConfigDict,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from baton.wording import did_you_mean


# The package knows 250 countries and is slow to load, so it is imported when a calendar names a country.
class Holidays(BaseModel):
    """The public holidays of a country, or of a part of it.

    Written ``DE`` or ``{country: DE, subdivision: BE}``, with codes of ISO 3166-1 and 3166-2. The package
    ``holidays`` says which days they are; if a country moves a holiday that falls on a weekend, the weekday
    is free, too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    country: str
    subdivision: str | None = None

    @field_validator("country")
    @classmethod
    def _is_known(cls, country: str) -> str:
        names = _countries()
        if country not in names.values():
            hint = _near(country, names) or "write the two letters of the country, such as DE or FR"
            raise PydanticCustomError(
                "country",
                "no holidays are known for a country {country}",
                {"country": repr(country), "hint": hint},
            )
        return country

    @field_validator("subdivision")
    @classmethod
    def _is_part_of_it(cls, subdivision: str | None, info: ValidationInfo) -> str | None:
        country = info.data.get("country")
        if country is None or subdivision is None:  # an unknown country has its own error
            return subdivision
        names = _subdivisions(country)
        if subdivision not in names.values():
            none = "leave it out: the holidays of this country are the same everywhere"
            hint = _near(subdivision, names) or did_you_mean(subdivision, names.values(), none)
            raise PydanticCustomError(
                "subdivision",
                "{country} has no subdivision {subdivision}",
                {"country": country, "subdivision": repr(subdivision), "hint": hint},
            )
        return subdivision

    def on(self, day: date) -> bool:
        """Whether ``day`` is one of them."""
        return day in _days(self.country, self.subdivision, day.year)


@cache
def _countries() -> Mapping[str, str]:
    """The code of each country by all its names, in lower case: germany, de, deu."""
    from holidays.registry import COUNTRIES

    return {
        called.casefold(): names[1]
        for key, names in COUNTRIES.items()
        for called in (key.replace("_", " "), *names)
    }


@cache
def _subdivisions(country: str) -> Mapping[str, str]:
    """The code of each subdivision by all its names, in lower case: bayern, by."""
    import holidays

    known = holidays.country_holidays(country)
    aliases: Mapping[str, str] = getattr(known, "subdivisions_aliases", {})
    return {
        name.casefold(): code for name, code in (*aliases.items(), *((it, it) for it in known.subdivisions))
    }


def _near(given: str, codes: Mapping[str, str]) -> str:
    """A hint that names the code of what comes nearest to ``given``, if anything does."""
    near = get_close_matches(given.casefold(), codes, n=1)
    return f"did you mean {codes[near[0]]}?" if near else ""


@lru_cache(maxsize=4096)
def _days(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    import holidays

    with warnings.catch_warnings():
        # For some countries, not all holidays of all years are known. Nothing can be done about it here.
        warnings.simplefilter("ignore")
        known = holidays.country_holidays(country, subdiv=subdivision, years=year, categories=holidays.PUBLIC)
    return frozenset(known)


def as_holidays(value: object) -> object:
    """Accept ``DE``, the way people write a country."""
    return {"country": value} if isinstance(value, str) else value
