"""Runs the measurements that are named, or all."""

from __future__ import annotations

import sys
from importlib import import_module

BENCHES = {
    "decide": "lab.bench.decide",
    "chat": "lab.bench.chat",
    "races": "lab.bench.races",
    "capacity": "lab.bench.capacity",
    "handover": "lab.bench.handover",
    "deploy": "lab.bench.deploy",
    "encryption": "lab.bench.encryption",
    "telemetry": "lab.bench.telemetry",
}
"""Each module has a ``main()`` that prints a table, and returns 1 where something is wrong.

Imported only when run: some need a server.
"""


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        print(f"unknown: {', '.join(unknown)}; there is {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    status = 0
    for position, name in enumerate(names or BENCHES):
        print("\n" * bool(position) + f"== {name} ==\n")
        status = import_module(BENCHES[name]).main() or status
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
