"""The public holidays of a country or of a part of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches

from pydantic import (
    BaseModel,
    ConfigDict,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from baton.documents import holidaypackage
from baton.documents.holidaypackage import Year
from baton.wording import did_you_mean


class Holidays(BaseModel):
    """The public holidays of a country, or of a part of it.

    Written ``DE`` or ``{country: DE, subdivision: BE}``, with codes of ISO 3166-1 and 3166-2. The package
    ``holidays`` says which days they are; if a country moves a holiday that falls on a weekend, the weekday
    is free, too. It also says on which weekend days people work, so that another day is free.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    country: str
    subdivision: str | None = None

    @field_validator("country")
    @classmethod
    def _is_known(cls, country: str) -> str:
        names = holidaypackage.countries()
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
        names = holidaypackage.subdivisions(country)
        if subdivision not in names.values():
            none = "leave it out: the holidays of this country are the same everywhere"
            hint = _near(subdivision, names) or did_you_mean(subdivision, names.values(), none)
            raise PydanticCustomError(
                "subdivision",
                "{country} has no subdivision {subdivision}",
                {"country": country, "subdivision": repr(subdivision), "hint": hint},
            )
        return subdivision

    def year_of(self, day: date) -> Year:
        """The days of the year of ``day`` that differ from other days."""
        return holidaypackage.year_of(self.country, self.subdivision, day.year)

    def last_known_year(self, this_year: int) -> int:
        """The last year of which all days are known, as far as can be told. It may be over."""
        return holidaypackage.last_known_year(self.country, self.subdivision, this_year)

    def other_parts(self, this_year: int) -> Mapping[str, str]:
        """The parts, names by code, with other holidays this year or next; none if one is chosen already."""
        return {} if self.subdivision else holidaypackage.other_parts(self.country, this_year)


def _near(given: str, codes: Mapping[str, str]) -> str:
    """A hint that names the code of what comes nearest to ``given``, if anything does."""
    near = get_close_matches(given.casefold(), codes, n=1)
    return f"did you mean {codes[near[0]]}?" if near else ""


def as_holidays(value: object) -> object:
    """Accept ``DE``, the way people write a country."""
    return {"country": value} if isinstance(value, str) else value
