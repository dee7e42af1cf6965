#!/usr/bin/env bash
# holidays: a Saturday on which a whole country works is in no category; only is_working_day() knows it.
#
# Guess: whoever asks for every category that a country supports has all days that differ from other days;
# "Monday to Friday and not in the list" are the working days.
# What happens: in Russia, Hungary, China and others a decree makes a Saturday a working day, so that another
# day is free. The free day is in the list, in words that name the Saturday. The Saturday is in no category. It
# is in the attribute weekend_workdays, which also has days of other years than the one that was asked for, and
# is_working_day() minds it.
# Versions: holidays 0.109.
# For whoever builds on it: ask is_working_day(); or add weekend_workdays of that year to the working days. For
# which free day it is worked stands in special_public_holidays (month and day that are free, month and day that
# are worked, and a year if that is another).
# Seen:
#   holidays 0.109
#   categories of China: ['half_day', 'public']
#   in any of them, 2026-10-10 (Saturday): False
#   is_working_day: True
#   2026-10-17, the next Saturday: False
#   worked weekends of 2026, asked for 2026 only: 6 of 12
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages holidays==0.109
play <<'PY'
from datetime import date

import holidays
from lib import same

moved = date(2026, 10, 10)
categories = holidays.country_holidays("CN").supported_categories
same("categories of China", sorted(categories), ["half_day", "public"])
china = holidays.country_holidays("CN", years=2026, categories=categories)
same("in any of them, 2026-10-10 (Saturday)", moved in china, False)
same("is_working_day", china.is_working_day(moved), True)
same("2026-10-17, the next Saturday", china.is_working_day(date(2026, 10, 17)), False)
worked = holidays.country_holidays("CN", years=2026).weekend_workdays
of_the_year = [day for day in worked if day.year == 2026]
same("worked weekends of 2026, asked for 2026 only", f"{len(of_the_year)} of {len(worked)}", "6 of 12")
PY
