"""Runs the program ``baton`` as people do, against the server and the worker of a rig."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.rig import Rig

BATON = Path(sys.executable).with_name("baton")


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Baton:
    """The program. Its environment names one rig, and holds what else ``environment`` says."""

    def __init__(self, rig: Rig, folder: Path, **environment: str) -> None:
        others = {
            name: value for name, value in os.environ.items() if not name.startswith(("TEMPORAL_", "BATON_"))
        }
        client = rig.client.temporal
        self.folder = folder
        self._environment = {
            **others,
            "TEMPORAL_ADDRESS": client.service_client.config.target_host,
            "TEMPORAL_NAMESPACE": client.namespace,
            "TEMPORAL_CONFIG_FILE": os.devnull,
            "BATON_TASK_QUEUE": rig.settings.task_queue,
            **environment,
        }

    async def start(self, *arguments: str) -> Process:
        return await asyncio.create_subprocess_exec(
            str(BATON),
            *arguments,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            cwd=self.folder,
            env=self._environment,
        )

    async def run(self, *arguments: str, stdin: str = "") -> Said:
        return await ended(await self.start(*arguments), stdin)

    async def __call__(self, *arguments: str) -> str:
        """The output of a command that must succeed."""
        said = await self.run(*arguments)
        assert said.code == 0, said.err
        assert said.err == ""
        return said.out

    def write(self, name: str, lines: Sequence[dict[str, Any]]) -> None:
        """A file of JSON lines in the folder in which commands run."""
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (self.folder / name).write_text(text, encoding="utf-8")


async def ended(process: Process, stdin: str = "") -> Said:
    """Wait for the end of a command."""
    out, err = await process.communicate(stdin.encode())
    assert process.returncode is not None
    return Said(process.returncode, out.decode(), err.decode())
