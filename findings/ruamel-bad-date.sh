#!/usr/bin/env bash
# ruamel.yaml: an impossible date raises a ValueError without a line number, not a YAMLError.
#
# Guess: whoever catches YAMLError catches everything that can be wrong with a document, with its place.
# What happens: what looks like a date is made one while loading. `until: 2026-02-30` raises datetime's own
# ValueError, which says neither which line nor which value.
# Versions: ruamel.yaml 0.19.1.
# For whoever builds on it: catch ValueError, too; or compose nodes and leave timestamps text.
# Seen:
#   ruamel.yaml 0.19.1
#   until: 2026-02-28 -> {'until': datetime.date(2026, 2, 28)}
#   until: 2026-02-30: ValueError
#   it is a YAMLError: False
#   it says where: False
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages ruamel.yaml==0.19.1
play <<'PY'
from lib import same
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

for text in ("until: 2026-02-28", "until: 2026-02-30"):
    try:
        print(text, "->", YAML(typ="safe", pure=True).load(text))
    except Exception as error:
        same(text, type(error).__name__, "ValueError")
        same("it is a YAMLError", isinstance(error, YAMLError), False)
        same("it says where", "line" in str(error), False)
        break
else:
    raise SystemExit("CHANGED: no error")
PY
