"""The log of a child: kept across starts, bounded, private, and a full disk costs only lines."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

import pytest

from local.child import Child, silent
from local.logfile import LogFile

# Writes to both outputs, and ends as it should only if nobody closes the pipe before it is done.
TALKING = """
import sys
for number in range(1, 2001):
    print("line", number, flush=True)
print("to the end", file=sys.stderr)
"""


class Disk:
    """A disk that takes this many more bytes for the file that is opened through it, and then is full."""

    def __init__(self) -> None:
        self.free: int | None = None

    def open(self, *arguments: object, **options: object) -> FileIO:
        disk = self

        class Limited(FileIO):
            def write(self, data: bytes) -> int:  # type: ignore[override]
                if disk.free is None:
                    return super().write(data)
                if disk.free <= 0:
                    raise OSError(28, "No space left on device")
                written = super().write(bytes(data)[: disk.free])
                disk.free -= written
                return written

        path, mode = arguments
        return Limited(path, mode, opener=options["opener"])  # type: ignore[arg-type]


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk()
    monkeypatch.setattr("local.logfile.open", disk.open, raising=False)
    return disk


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def log(disk: Disk, tmp_path: Path, said: list[str]) -> Iterator[LogFile]:
    opened = LogFile(tmp_path / "worker.log", said.append)
    yield opened
    opened.close()


async def run(script: str, log: Path, said: list[str], on_line: object = silent) -> tuple[int, Child]:
    child = await Child.start(
        "child",
        [sys.executable, "-c", script],
        environment=dict(os.environ),
        folder=Path("/"),
        log=log,
        on_line=on_line,  # type: ignore[arg-type]
        say=said.append,
    )
    return await child.ended, child


async def test_a_child_whose_log_is_on_a_full_disk_goes_on_to_its_end(said: list[str]) -> None:
    heard: list[str] = []
    code, child = await run(TALKING, Path("/dev/full"), said, heard.append)
    assert code == 0
    assert len(heard) == 2001
    assert child.tail[-1] == "to the end"
    assert said == [
        "full cannot be written (No space left on device). Everything goes on, but what is written "
        "to it in the meantime will be missing."
    ]


async def test_a_child_goes_on_although_nobody_can_hear_it(tmp_path: Path, said: list[str]) -> None:
    def deaf(_line: str) -> None:
        raise OSError(28, "No space left on device")

    code, _ = await run(TALKING, tmp_path / "log", said, deaf)
    assert code == 0
    assert len((tmp_path / "log").read_text().splitlines()) == 2001


async def test_a_child_starts_although_its_log_cannot_be_opened(tmp_path: Path, said: list[str]) -> None:
    code, child = await run("print('here')", tmp_path / "no/such/folder/log", said)
    assert (code, list(child.tail)) == (0, ["here"])
    assert "log cannot be written (No such file or directory)" in said[0]


async def test_each_start_adds_to_the_log(tmp_path: Path, said: list[str]) -> None:
    log = tmp_path / "log"
    await run("print('first', end='')", log, said)  # a last line without its end is whole, too
    await run("print('second')", log, said)
    assert log.read_text() == "first\nsecond\n"
    assert said == []


async def test_what_a_child_makes_is_for_its_owner_only(tmp_path: Path, said: list[str]) -> None:
    made = tmp_path / "made"
    await run(f"open({str(made)!r}, 'w').close()", tmp_path / "log", said)
    assert [one.stat().st_mode & 0o777 for one in (made, tmp_path / "log")] == [0o600, 0o600]


def test_when_there_is_space_again_the_log_goes_on_and_says_how_many_lines_are_missing(
    log: LogFile, disk: Disk, tmp_path: Path, said: list[str]
) -> None:
    log.write(b"one\n")
    disk.free = 0
    for _ in range(1_200):
        log.write(b"lost\n")
    assert len(said) == 1, "it is said once"
    disk.free = None
    log.write(b"two\n")
    log.write(b"three\n")
    assert (tmp_path / "worker.log").read_text().splitlines() == [
        "one",
        "[1,200 lines are missing here: no space, or no access]",
        "two",
        "three",
    ]
    assert said[1:] == ["worker.log is written again. Missing lines: 1,200."]


@pytest.mark.parametrize("free", range(8))
def test_a_line_of_which_only_a_part_could_be_written_is_not_there(
    log: LogFile, disk: Disk, tmp_path: Path, free: int
) -> None:
    log.write(b"one\n")
    disk.free = free
    log.write(b"a long one\n")
    log.write(b"x\n")
    assert (tmp_path / "worker.log").read_text() == "one\n"
    disk.free = None
    log.write(b"two\n")
    assert (tmp_path / "worker.log").read_text().splitlines()[1:] == [
        "[2 lines are missing here: no space, or no access]",
        "two",
    ]


def test_lines_that_are_still_owed_at_the_end_are_told_in_the_log(
    log: LogFile, disk: Disk, tmp_path: Path
) -> None:
    disk.free = 0
    log.write(b"lost\n")
    disk.free = None
    log.close()
    assert (tmp_path / "worker.log").read_text() == "[1 line is missing here: no space, or no access]\n"


def test_a_folder_that_was_removed_and_made_again_has_a_log_again(tmp_path: Path, said: list[str]) -> None:
    folder = tmp_path / "data"
    log = LogFile(folder / "worker.log", said.append)
    log.write(b"lost\n")
    folder.mkdir()
    log.write(b"two\n")
    log.close()
    assert (folder / "worker.log").read_text().splitlines()[1:] == ["two"]
    assert len(said) == 2


def test_a_log_is_bounded_and_the_newest_lines_are_kept_whole(tmp_path: Path, said: list[str]) -> None:
    log = LogFile(tmp_path / "worker.log", said.append, largest=100, kept=3)
    lines = [f"line {number:04}\n" for number in range(200)]  # ten bytes each
    for line in lines:
        log.write(line.encode())
    log.close()
    files = [tmp_path / f"worker.log{end}" for end in (".3", ".2", ".1", "")]
    assert sorted(tmp_path.iterdir()) == sorted(files)
    assert [file.stat().st_size for file in files] == [100] * 4
    assert "".join(file.read_text() for file in files) == "".join(lines[-40:])
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_a_file_that_was_full_at_the_last_start_is_put_aside_at_the_next_line(
    tmp_path: Path, said: list[str]
) -> None:
    for line in (b"a" * 99 + b"\n", b"b\n"):
        log = LogFile(tmp_path / "worker.log", said.append, largest=100, kept=1)
        log.write(line)
        log.close()
    assert (tmp_path / "worker.log").read_bytes() == b"b\n"
    assert (tmp_path / "worker.log.1").read_bytes() == b"a" * 99 + b"\n"


def test_a_line_longer_than_a_file_is_kept_whole(tmp_path: Path, said: list[str]) -> None:
    log = LogFile(tmp_path / "worker.log", said.append, largest=10, kept=1)
    for line in (b"a\n", b"b" * 50 + b"\n", b"c\n"):
        log.write(line)
    log.close()
    assert (tmp_path / "worker.log.1").read_bytes() == b"b" * 50 + b"\n"
    assert (tmp_path / "worker.log").read_bytes() == b"c\n"
