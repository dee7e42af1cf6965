#!/usr/bin/env bash
# watchfiles: a file that is watched by its own path is lost when it is replaced.
#
# Guess: awatch("rules.yaml") reports every edit of rules.yaml.
# What happens: the watch is on the file that was there, not on its name. Many editors write a new file and
# rename it: that is reported once, as a deletion, and from then on nothing is.
# Versions: watchfiles 1.3.0, on Linux.
# For whoever builds on it: watch the folder, and filter by name.
# Seen:
#   watchfiles 1.3.0
#   by its path [['modified'], ['deleted', 'modified']], by its folder [['modified'], ['added'], ['added'],
#     ['modified']]
#   of four edits, seen by its folder: 4
#   seen by its path: 2
#   the second as: True
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages watchfiles==1.3.0
play <<'PY'
import asyncio
import os
from pathlib import Path

from lib import same
from watchfiles import awatch

FOLDER = Path("watched").resolve()
FILE = FOLDER / "rules.yaml"


def replace(text):
    new = FOLDER / "new"
    new.write_text(text)
    os.replace(new, FILE)


async def follow(path, seen):
    async for changes in awatch(path, debounce=100, step=20):
        seen.append(sorted(change.name for change, changed in changes if Path(changed) == FILE))


async def main():
    FOLDER.mkdir()
    FILE.write_text("1")
    by_file, by_folder = [], []
    watching = [asyncio.create_task(follow(*each)) for each in ((FILE, by_file), (FOLDER, by_folder))]
    await asyncio.sleep(1)  # until both watch
    for number, edit in enumerate((FILE.write_text, replace, replace, FILE.write_text), 2):
        edit(str(number))
        await asyncio.sleep(1)
    for task in watching:
        task.cancel()
    print(f"by its path {by_file}, by its folder {by_folder}")
    same("of four edits, seen by its folder", len(by_folder), 4)
    same("seen by its path", len(by_file), 2)
    same("the second as", "deleted" in by_file[1], True)


asyncio.run(main())
PY
