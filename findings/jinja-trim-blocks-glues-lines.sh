#!/usr/bin/env bash
# Jinja2: with trim_blocks, a line that ends with an inline {% endif %} is glued to the next one.
#
# Guess: trim_blocks removes the line of a tag that is alone on it; a sentence with a condition in it keeps
# its line end.
# What happens: the first newline after any block tag or comment is removed, even if there is text before the
# tag. "Dear {% if … %}Ann{% endif %}" and the next line become one word. A line that ends with {{ … }} is
# kept.
# Versions: Jinja2 3.1.6.
# For whoever builds on it: end such a line with text, or write {% endif +%}; try templates with real
# sentences.
# Seen:
#   jinja2 3.1.6
#   endif: 'Dear Annyour parcel'
#   comment: 'Dear Ann your parcel'
#   value: 'Dear Ann\nyour parcel'
#   endif +: 'Dear Ann\nyour parcel'
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages jinja2==3.1.6
play <<'PY'
from jinja2 import Environment
from lib import same

environment = Environment(trim_blocks=True, lstrip_blocks=True)


def rendered(text):
    return repr(environment.from_string(text).render(name="Ann"))


same("endif", rendered("Dear {% if name %}Ann{% endif %}\nyour parcel"), repr("Dear Annyour parcel"))
same("comment", rendered("Dear Ann {# or customer #}\nyour parcel"), repr("Dear Ann your parcel"))
same("value", rendered("Dear {{ name }}\nyour parcel"), repr("Dear Ann\nyour parcel"))
same("endif +", rendered("Dear {% if name %}Ann{% endif +%}\nyour parcel"), repr("Dear Ann\nyour parcel"))
PY
