"""Somebody who reads a document and types what it shows."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from local.machine import free_port

PROGRAMS = Path(sys.executable).parent


def blocks(document: Path, *kinds: str) -> list[tuple[str, str]]:
    """The blocks of these kinds in a document, in their order: kind and text."""
    found = re.findall(r"^```(\w+)\n(.*?)^```", document.read_text(encoding="utf-8"), re.S | re.M)
    return [(kind, text) for kind, text in found if kind in kinds]


def commands(block: str) -> list[str]:
    """The commands of a ``console`` block, which may have several lines each."""
    return re.split(r"^\$ ", block, flags=re.M)[1:]


class Reader:
    """Somebody with terminals in one folder, who types what the document shows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.up: Process | None = None
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("TEMPORAL_", "BATON_"))
        } | {"PATH": f"{PROGRAMS}:{os.environ['PATH']}", "TEMPORAL_CONFIG_FILE": os.devnull}
        # Unlike a reader's, this machine may have a Baton on the ports of everybody.
        port = str(free_port())
        self.environment |= {
            "BATON_TEMPORAL_PORT": port,
            "BATON_UI_PORT": str(free_port()),
            "BATON_GATEWAY_PORT": str(free_port()),
            "TEMPORAL_ADDRESS": f"127.0.0.1:{port}",
        }

    async def types(self, command: str) -> str:
        """What a command says, which must succeed."""
        match shlex.split(command.replace("\\\n", " ")):
            case ["source", _]:
                return ""  # the programs are on the path already
            case ["export", assignment]:
                name, _, value = assignment.partition("=")
                self.environment[name] = value.replace("$PWD", str(self.folder))
                return ""
            case ["baton", "up"]:
                self.up = await self._start("exec baton up")
                assert self.up.stdout is not None
                while (line := await self.up.stdout.readline()).strip() != b"ready":
                    assert line, "`baton up` ended"
                return ""
        code, said = await self.tries(command)
        assert code == 0, f"{command}\n{said}"
        return said

    async def tries(self, command: str) -> tuple[int | None, str]:
        """The exit code of a command, and what it says."""
        process = await self._start(command)
        said, _ = await process.communicate()
        return process.returncode, said.decode()

    async def _start(self, command: str) -> Process:
        return await asyncio.create_subprocess_shell(
            command, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT, cwd=self.folder, env=self.environment
        )


@asynccontextmanager
async def reading_in(folder: Path) -> AsyncIterator[Reader]:
    """A reader in this folder; what was started with `baton up` is stopped at the end."""
    reader = Reader(folder)
    try:
        yield reader
    finally:
        if reader.up is not None:
            reader.up.terminate()
            await reader.up.communicate()
