#!/usr/bin/env bash
# holidays: two calendars added together forget on which Saturdays people work.
#
# Guess: russia + armenia has the holidays of both, and is_working_day() answers as before wherever both agree.
# What happens: the sum has the days that are free in place of such a Saturday, and not the Saturday itself: its
# weekend_workdays is empty. So the people have both days off. Adding a country to itself is enough.
# Versions: holidays 0.109.
# For whoever builds on it: do not add countries that move working days; or carry weekend_workdays over.
# Seen:
#   holidays 0.109
#   Russia, Saturday 2027-02-20 is a working day: True
#   Russia, Monday 2027-02-22 is one: False
#   Russia + Russia, the Saturday: False
#   Russia + Russia, the Monday: False
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages holidays==0.109
play <<'PY'
import holidays
from lib import same

russia = holidays.country_holidays("RU", years=2027)
same("Russia, Saturday 2027-02-20 is a working day", russia.is_working_day("2027-02-20"), True)
same("Russia, Monday 2027-02-22 is one", russia.is_working_day("2027-02-22"), False)
both = russia + holidays.country_holidays("RU", years=2027)
same("Russia + Russia, the Saturday", both.is_working_day("2027-02-20"), False)
same("Russia + Russia, the Monday", both.is_working_day("2027-02-22"), False)
PY
