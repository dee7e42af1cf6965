"""What a process and its children use, as Linux counts it in ``/proc``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")


def children(pid: int) -> list[int]:
    """The processes that a process has started and that still run, and theirs."""
    parents = dict(_parents())
    found = [pid]
    for one in found:  # grows while it is gone through
        found += [child for child, parent in parents.items() if parent == one]
    return found[1:]


def processor_seconds(pid: int) -> float:
    """The processor time that a process and all its children have used, ended ones included.

    Its resolution is that of the system's clock tick: 10 ms for each process.
    """
    ticks = 0
    for one in (pid, *children(pid)):
        fields = _stat(one)
        ticks += sum(map(int, fields[11:15]))  # its own, and that of children that have ended
    return ticks / _TICKS


def resident_bytes(pid: int) -> int:
    """The memory of a process that is in RAM, without its children's."""
    pages = (_PROC / str(pid) / "statm").read_text(encoding="utf-8").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _parents() -> Iterator[tuple[int, int]]:
    for folder in _PROC.iterdir():
        if folder.name.isdecimal() and (fields := _stat(int(folder.name))):
            yield int(folder.name), int(fields[1])


def _stat(pid: int) -> list[str]:
    """The fields after the name of the program, which may have spaces; none if the process is gone."""
    try:
        return (_PROC / str(pid) / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return []
