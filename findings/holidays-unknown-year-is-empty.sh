#!/usr/bin/env bash
# holidays: a year that the package does not know yet looks like a year without holidays, or with fewer.
#
# Guess: asking for a year that is not known raises, or warns.
# What happens: Sri Lanka has 25 days in 2026 and none in 2027, when people seem to work on every weekday.
# Hungary and China move no working day in 2027, because their decrees were not there when the package was made.
# Nothing is said. (India does warn, behind 2035.)
# Versions: holidays 0.109.
# For whoever builds on it: compare the year with end_year of the country; and for countries that decree days
# year by year, with the last year in special_public_holidays.
# Seen:
#   holidays 0.109
#   Sri Lanka, days by year: {2025: 25, 2026: 25, 2027: 0}
#   Friday 2027-01-15 is a working day there: True
#   China, worked weekends by year: {2025: 5, 2026: 6, 2027: 0}
#   Hungary, worked weekends by year: {2025: 3, 2026: 2, 2027: 0}
#   warnings: 0
#   end_year of Sri Lanka and China: (2026, 2100)
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages holidays==0.109
play <<'PY'
import warnings

import holidays
from lib import same

YEARS = (2025, 2026, 2027)


def asked(country, year):
    return holidays.country_holidays(country, years=year)


def worked(country):
    return {year: sum(day.year == year for day in asked(country, year).weekend_workdays) for year in YEARS}


with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    days = {year: len(asked("LK", year)) for year in YEARS}
    same("Sri Lanka, days by year", days, {2025: 25, 2026: 25, 2027: 0})
    # Thai Pongal, each year on 14 or 15 January.
    same("Friday 2027-01-15 is a working day there", asked("LK", 2027).is_working_day("2027-01-15"), True)
    same("China, worked weekends by year", worked("CN"), {2025: 5, 2026: 6, 2027: 0})
    same("Hungary, worked weekends by year", worked("HU"), {2025: 3, 2026: 2, 2027: 0})
same("warnings", len(said), 0)
ends = tuple(holidays.country_holidays(country).end_year for country in ("LK", "CN"))
same("end_year of Sri Lanka and China", ends, (2026, 2100))
PY
