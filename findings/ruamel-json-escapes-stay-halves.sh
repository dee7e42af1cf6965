#!/usr/bin/env bash
# ruamel.yaml: an emoji that JSON wrote as two escapes is read as two halves of a character.
#
# Guess: YAML 1.2 was made so that every JSON document is YAML with the same meaning; what json.dumps() wrote
# can be read.
# What happens: "\ud83d\ude00" becomes a text of two surrogates, without an error. It is not equal to what was
# written, and raises UnicodeEncodeError wherever it is written next: in a file, a database, a log.
# Versions: ruamel.yaml 0.19.1, CPython 3.11.
# For whoever builds on it: write JSON with ensure_ascii=False, or put the halves together after reading:
# text.encode("utf-16", "surrogatepass").decode("utf-16").
# Seen:
#   ruamel.yaml 0.19.1
#   json: ('"\\ud83d\\ude00"', '😀')
#   yaml: (2, False)
#   encoded: surrogates not allowed
#   put together: 😀
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages ruamel.yaml==0.19.1
play <<'PY'
import json

from lib import same
from ruamel.yaml import YAML

written = json.dumps("😀")
same("json", (written, json.loads(written)), ('"\\ud83d\\ude00"', "😀"))
text = YAML(typ="safe", pure=True).load(written)
same("yaml", (len(text), text == "😀"), (2, False))
try:
    text.encode()
except UnicodeEncodeError as error:
    same("encoded", error.reason, "surrogates not allowed")
same("put together", text.encode("utf-16", "surrogatepass").decode("utf-16"), "😀")
PY
