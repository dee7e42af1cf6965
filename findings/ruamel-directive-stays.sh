#!/usr/bin/env bash
# ruamel.yaml: a document that says %YAML 1.1 changes how the same reader reads the documents after it.
#
# Guess: a directive holds for its own document, as the YAML specification says; "no" is a word in YAML 1.2.
# What happens: the YAML object keeps the version. The next document, without a directive, is read as YAML
# 1.1, too: "no" is False, and 010 is 8.
# Versions: ruamel.yaml 0.19.1.
# For whoever builds on it: make a new YAML() for each document, however long that takes.
# Seen:
#   ruamel.yaml 0.19.1
#   before: {'notify': 'no', 'code': 10}
#   %YAML 1.1: {'notify': False, 'code': 8}
#   after: {'notify': False, 'code': 8}
#   another reader: {'notify': 'no', 'code': 10}
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages ruamel.yaml==0.19.1
play <<'PY'
from lib import same
from ruamel.yaml import YAML

plain = "notify: no\ncode: 010\n"
yaml = YAML(typ="safe", pure=True)
same("before", yaml.load(plain), {"notify": "no", "code": 10})
same("%YAML 1.1", yaml.load("%YAML 1.1\n---\n" + plain), {"notify": False, "code": 8})
same("after", yaml.load(plain), {"notify": False, "code": 8})
same("another reader", YAML(typ="safe", pure=True).load(plain), {"notify": "no", "code": 10})
PY
