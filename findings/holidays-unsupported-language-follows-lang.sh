#!/usr/bin/env bash
# holidays: a language that a country does not have gives names in the language of the process.
#
# Guess: names come in the language that was asked for; if the country does not have it, in its own, as the
# documentation says.
# What happens: an unknown language is treated like none: gettext looks at LANGUAGE, LC_ALL, LC_MESSAGES and
# LANG. "en" is unknown in Germany, which has "en_US". So the same call has other names on another machine, and
# a comparison with a name fails there.
# Versions: holidays 0.109.
# For whoever builds on it: give a language that is in supported_languages; compare days, not names.
# Seen:
#   holidays 0.109
#   de, with LANGUAGE=uk: Erster Mai
#   en_US, with LANGUAGE=uk: Labor Day
#   en, with LANGUAGE=uk: День праці
#   en, with LANGUAGE=th: วันแรงงาน
#   none, with LANGUAGE=uk: День праці
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages holidays==0.109
cat >"$folder/named.py" <<'PY'
import sys
from datetime import date

import holidays

language = None if sys.argv[1] == "none" else sys.argv[1]
print(holidays.country_holidays("DE", years=2026, language=language)[date(2026, 5, 1)])
PY
play <<'PY'
import os
import subprocess
import sys

from lib import same

WANTED = (
    ("de", "uk", "Erster Mai"),
    ("en_US", "uk", "Labor Day"),
    ("en", "uk", "День праці"),
    ("en", "th", "วันแรงงาน"),
    ("none", "uk", "День праці"),
)
for asked, language, name in WANTED:
    process = subprocess.run(
        [sys.executable, "named.py", asked],
        env={**os.environ, "LANGUAGE": language, "LANG": "C.UTF-8", "PYTHONUTF8": "1"},
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    same(f"{asked}, with LANGUAGE={language}", process.stdout.strip(), name)
PY
