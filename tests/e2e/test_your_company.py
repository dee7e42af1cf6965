"""docs/your-company.md: each of its steps, in their order, as somebody who reads it would do them."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from baton.settings import CHECKOUT
from local.machine import free_port

pytestmark = pytest.mark.timeout(180)

DOCUMENT = CHECKOUT / "docs/your-company.md"
STEPS = re.findall(r"^```(console|text|yaml)\n(.*?)^```", DOCUMENT.read_text(encoding="utf-8"), re.S | re.M)
PROGRAMS = Path(sys.executable).parent


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
        process = await self._start(command)
        said, _ = await process.communicate()
        assert process.returncode == 0, f"{command}\n{said.decode()}"
        return said.decode()

    async def _start(self, command: str) -> Process:
        return await asyncio.create_subprocess_shell(
            command, stdout=PIPE, stderr=STDOUT, cwd=self.folder, env=self.environment
        )


@pytest.fixture
async def reader(tmp_path: Path) -> AsyncIterator[Reader]:
    reader = Reader(tmp_path)
    try:
        yield reader
    finally:
        if reader.up is not None:
            reader.up.terminate()
            await reader.up.communicate()


async def test_from_nothing_to_the_own_company(reader: Reader) -> None:
    said: list[str] = []
    for kind, text in STEPS:
        match kind:
            case "console":
                said = []
                for command in re.split(r"^\$ ", text, flags=re.M)[1:]:
                    said += (await reader.types(command)).splitlines()
            case "text":
                lines = iter(said)
                missing = [line for line in text.splitlines() if line not in lines]
                assert missing == [], "\n".join(said)
            case "yaml":
                with (reader.folder / "acme/rules.yaml").open("a", encoding="utf-8") as rules:
                    rules.write(text)
    assert reader.up is not None
    assert reader.up.returncode is None
