#!/usr/bin/env bash
# ruamel.yaml: in the nodes of the round-trip reader, a folded text holds BEL characters that nobody wrote.
#
# Guess: the value of a scalar node is the text, whichever reader composed it.
# What happens: where a text after ">" was folded, the round-trip reader (the default) puts \a before the
# space, so that it can fold it there again. `load` takes them out, `compose` does not. The safe reader has
# none.
# Versions: ruamel.yaml 0.19.1.
# For whoever builds on it: if you read nodes, for the line numbers, remove "\a" from scalars of the style
# ">".
# Seen:
#   ruamel.yaml 0.19.1
#   load: 'Your parcel left today.\n'
#   compose: 'Your parcel\x07 left today.\n'
#   compose, safe: 'Your parcel left today.\n'
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages ruamel.yaml==0.19.1
play <<'PY'
from lib import same
from ruamel.yaml import YAML

text = "message: >\n  Your parcel\n  left today.\n"


def composed(yaml):
    _key, value = yaml.compose(text).value[0]
    return value.value


same("load", repr(YAML().load(text)["message"]), repr("Your parcel left today.\n"))
same("compose", repr(composed(YAML())), repr("Your parcel\a left today.\n"))
same("compose, safe", repr(composed(YAML(typ="safe", pure=True))), repr("Your parcel left today.\n"))
PY
