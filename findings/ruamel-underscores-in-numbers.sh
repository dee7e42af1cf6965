#!/usr/bin/env bash
# ruamel.yaml: in YAML 1.2, too, 1_000 is a number, and so are 0b11 and 2026_12.
#
# Guess: a reader of YAML 1.2 follows the core schema of its specification, as it does for "no", 010 and 12:30:
# no underscores, no binary numbers, so these are texts, as in other readers of 1.2.
# What happens: 1_000 is 1000, 0b11 is 3, 2026_12 is 202612, and -0x1f is -31. But .5e3, a number in the core
# schema, is a text.
# Versions: ruamel.yaml 0.19.1.
# For whoever builds on it: quote names and versions that could be read so; a second reader of the same file,
# such as an editor or a Go program, sees texts.
# Seen:
#   ruamel.yaml 0.19.1
#   1.2: {'no': 'no', 'octal': 10, 'time': '12:30'}
#   numbers: {'a': 1000, 'b': 3, 'c': 202612, 'd': -31}
#   text: {'e': '.5e3'}
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages ruamel.yaml==0.19.1
play <<'PY'
from lib import same
from ruamel.yaml import YAML


def load(text):
    return YAML(typ="safe", pure=True).load("%YAML 1.2\n---\n" + text)


same("1.2", load("no: no\noctal: 010\ntime: 12:30\n"), {"no": "no", "octal": 10, "time": "12:30"})
numbers = load("a: 1_000\nb: 0b11\nc: 2026_12\nd: -0x1f\n")
same("numbers", numbers, {"a": 1000, "b": 3, "c": 202612, "d": -31})
same("text", load("e: .5e3\n"), {"e": ".5e3"})
PY
