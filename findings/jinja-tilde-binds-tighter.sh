#!/usr/bin/env bash
# Jinja2: "~" joins before "+" adds.
#
# Guess: in {{ open + 1 ~ " tickets" }} the sum comes first, and then the text: "3 tickets".
# What happens: "~" binds tighter than "+" and "-" (but looser than "*"), so 1 ~ " tickets" is joined first,
# and a number cannot be added to that: TypeError.
# Versions: Jinja2 3.1.6.
# For whoever builds on it: parentheses around every sum that is joined to something.
# Seen:
#   jinja2 3.1.6
#   open + 1 ~ ' tickets': unsupported operand type(s) for +: 'int' and 'str'
#   (open + 1) ~ ' tickets': 3 tickets
#   open * 2 ~ ' tickets': 4 tickets
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages jinja2==3.1.6
play <<'PY'
from jinja2 import Environment
from lib import same


def rendered(text):
    return Environment().from_string(text).render(open=2)


try:
    rendered("{{ open + 1 ~ ' tickets' }}")
except TypeError as error:
    same("open + 1 ~ ' tickets'", str(error), "unsupported operand type(s) for +: 'int' and 'str'")
else:
    raise SystemExit("CHANGED: no error")
same("(open + 1) ~ ' tickets'", rendered("{{ (open + 1) ~ ' tickets' }}"), "3 tickets")
same("open * 2 ~ ' tickets'", rendered("{{ open * 2 ~ ' tickets' }}"), "4 tickets")
PY
