#!/usr/bin/env bash
# holidays: a country without a subdivision is a place where nobody lives.
#
# Guess: country_holidays("GB") are the holidays of most of Great Britain; some parts, such as Scotland, have
# others.
# What happens: it is what all parts have in common. In GB, DE, AU, CA, CH and ES every single part has more:
# Easter Monday is missing in GB, although it is free in England, Wales and Northern Ireland. No place has the
# working days that the country alone gives.
# Versions: holidays 0.109.
# For whoever builds on it: where a country has subdivisions, ask for one, and compare it with the country.
# Seen:
#   holidays 0.109
#   free in GB on Easter Monday, 2026-04-06: False
#   ... and in which parts: ['ENG', 'NIR', 'WLS']
#   parts with more days than their country: {'GB': '4 of 4', 'DE': '17 of 17', 'CH': '27 of 27', 'US': '37 of 57'}
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages holidays==0.109
play <<'PY'
from datetime import date

import holidays
from lib import same


def of(country, part=None):
    return holidays.country_holidays(country, subdiv=part, years=2026)


def richer(country):
    parts = of(country).subdivisions
    return f"{sum(len(of(country, part)) > len(of(country)) for part in parts)} of {len(parts)}"


monday = date(2026, 4, 6)
same("free in GB on Easter Monday, 2026-04-06", monday in of("GB"), False)
free = [part for part in of("GB").subdivisions if monday in of("GB", part)]
same("... and in which parts", free, ["ENG", "NIR", "WLS"])
same(
    "parts with more days than their country",
    {country: richer(country) for country in ("GB", "DE", "CH", "US")},
    {"GB": "4 of 4", "DE": "17 of 17", "CH": "27 of 27", "US": "37 of 57"},
)
PY
