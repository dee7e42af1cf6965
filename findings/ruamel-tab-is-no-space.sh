#!/usr/bin/env bash
# ruamel.yaml: a tab between a colon and a value, or at the end of a line, is an error.
#
# Guess: YAML forbids tabs for indentation only; anywhere else on a line they separate, as spaces do. Editors
# leave them behind a value or before a comment.
# What happens: "found character '\t' that cannot start any token", as if the tab were indentation. In front of
# it a space does not help. Between the items of a list in brackets it is a space.
# Versions: ruamel.yaml 0.19.1.
# For whoever builds on it: whoever gets this message looks at the beginning of the line, and the tab is at its
# end: say that tabs are meant anywhere.
# Seen:
#   ruamel.yaml 0.19.1
#   after a colon: found character '\t' that cannot start any token
#   after a value: found character '\t' that cannot start any token
#   before a comment: found character '\t' that cannot start any token
#   in a list: {'a': ['b', 'c']}
#   spaces: {'a': 'b'}
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages ruamel.yaml==0.19.1
play <<'PY'
from lib import same
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError


def read(text):
    try:
        return YAML(typ="safe", pure=True).load(text)
    except MarkedYAMLError as error:
        return error.problem


refused = "found character '\\t' that cannot start any token"
same("after a colon", read("a:\tb\n"), refused)
same("after a value", read("a: b\t\n"), refused)
same("before a comment", read("a: b \t# comment\n"), refused)
same("in a list", read("a: [b,\tc]\n"), {"a": ["b", "c"]})
same("spaces", read("a: b  \n"), {"a": "b"})
PY
