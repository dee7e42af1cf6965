#!/usr/bin/env bash
# ruamel.yaml: a single "=" is not text.
#
# Guess: `operator: =` is the text "=", as `operator: <` is "<" and `operator: ==` is "==".
# What happens: "=" alone is the "value" tag of YAML 1.1, kept in 1.2. The safe reader raises; the round-trip
# reader returns an object that is not equal to "=".
# Versions: ruamel.yaml 0.19.1.
# For whoever builds on it: a language in YAML that has operators should not have this one, or tell people to
# quote it.
# Seen:
#   ruamel.yaml 0.19.1
#   <: {'operator': '<'}
#   ==: {'operator': '=='}
#   =: could not determine a constructor for the tag 'tag:yaml.org,2002:value'
#   =, round trip: ('TaggedScalar', False)
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages ruamel.yaml==0.19.1
play <<'PY'
from lib import same
from ruamel.yaml import YAML
from ruamel.yaml.constructor import ConstructorError

safe = YAML(typ="safe", pure=True)
same("<", safe.load("operator: <"), {"operator": "<"})
same("==", safe.load("operator: =="), {"operator": "=="})
try:
    safe.load("operator: =")
except ConstructorError as error:
    same("=", error.problem, "could not determine a constructor for the tag 'tag:yaml.org,2002:value'")
value = YAML().load("operator: =")["operator"]
same("=, round trip", (type(value).__name__, value == "="), ("TaggedScalar", False))
PY
