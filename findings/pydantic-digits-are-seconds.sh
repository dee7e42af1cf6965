#!/usr/bin/env bash
# pydantic: a date in ISO's basic format is read as seconds since 1970.
#
# Guess: "20261224" is 24 December 2026, as it is for Python's own date.fromisoformat, or no date at all.
# What happens: text of digits only is a number, and a number is Unix time. Most such dates are refused, with the
# message that datetimes should have zero time. One of which the seconds are whole days is accepted, as a day
# of 1970.
# Versions: pydantic 2.14.3.
# For whoever builds on it: check the format of a date that people write before pydantic sees it.
# Seen:
#   pydantic 2.14.3
#   Python reads 20261224 as: 2026-12-24
#   pydantic says: Datetimes provided to dates should have zero time - e.g. be exact dates
#   pydantic reads 20304000 as: 1970-08-24
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages pydantic==2.14.3
play <<'PY'
from datetime import date

from lib import same
from pydantic import TypeAdapter, ValidationError

dates = TypeAdapter(date)
same("Python reads 20261224 as", str(date.fromisoformat("20261224")), "2026-12-24")
try:
    said = str(dates.validate_python("20261224"))
except ValidationError as error:
    said = error.errors()[0]["msg"]
same("pydantic says", said, "Datetimes provided to dates should have zero time - e.g. be exact dates")
same("pydantic reads 20304000 as", str(dates.validate_python("20304000")), "1970-08-24")
PY
