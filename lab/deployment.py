"""Versions of the workers, and the commands that say which of them is current."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from baton.settings import BUILD_ID, CHECKOUT, DEPLOYMENT_NAME, WorkerVersion
from helpdesks.embedded import EmbeddedHelpDesk
from lab.rig import Rig, becomes, eventually
from lab.server import temporal_binary
from worker import running_worker

COPIED = ("baton", "workflows", "activities", "helpdesks", "gateway")
SECOND_VERSION = "second version"
"""The summary of a timer that only the changed workflows set."""
_BEFORE = """            settled = await self._decide("""
_AFTER = f"""            await workflow.sleep(0.01, summary="{SECOND_VERSION}")
{_BEFORE}"""

_ASSIGNED = "        assign(chat, {}, None, facts, by_hand=True)"


def changed_checkout(folder: Path) -> Path:
    """A copy of Baton whose workflows set a timer before each decision.

    So neither version can replay what the other has recorded: a case that switched versions in the middle of
    a run would be stuck.
    """
    return _copied(folder, "workflows/case.py", _BEFORE, _AFTER)


def harmful_checkout(folder: Path) -> Path:
    """A copy of Baton that gives petra every chat that is assigned by hand, whoever it was for."""
    wrong = _ASSIGNED.format('"petra"')
    return _copied(folder, "baton/model/chat/hands.py", _ASSIGNED.format("event.staff"), wrong)


def narrow_checkout(folder: Path) -> Path:
    """A copy of Baton whose signal takes one argument, as it once did: none or two make a case stuck."""
    return _copied(
        folder, "workflows/caseworkflow.py", "def submit(self, *event: Any)", "def submit(self, event: Any)"
    )


def _copied(folder: Path, changed: str, before: str, after: str) -> Path:
    for room in COPIED:
        shutil.copytree(CHECKOUT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CHECKOUT / "worker.py", folder)
    (folder / "deploy").symlink_to(CHECKOUT / "deploy")
    file = folder / changed
    text = file.read_text(encoding="utf-8")
    assert text.count(before) == 1, f"{changed} looks different now"
    file.write_text(text.replace(before, after), encoding="utf-8")
    return folder


@dataclass
class Deployment:
    """The workers of a rig, each of a version, and Temporal's command to say which one is current."""

    rig: Rig
    name: str

    @contextlib.asynccontextmanager
    async def working(self, build: str | None, desk: EmbeddedHelpDesk | None = None) -> AsyncIterator[None]:
        """A worker of this version, or without a version, in the test's own process: it starts at once."""
        version = None if build is None else WorkerVersion(self.name, build)
        temporal = self.rig.client.temporal
        async with running_worker(temporal, desk or self.rig.desk, self.rig.settings, version):
            yield

    @contextlib.asynccontextmanager
    async def worker(
        self, build: str, checkout: Path = CHECKOUT
    ) -> AsyncIterator[asyncio.subprocess.Process]:
        """``python worker.py`` as this version; killed at the end if it runs."""
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "worker.py",
            cwd=checkout,
            env={
                **os.environ,
                **self.rig.settings.as_environment(),
                **self.address,
                DEPLOYMENT_NAME: self.name,
                BUILD_ID: build,
            },
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            assert child.stdout is not None
            assert (await child.stdout.readline()).strip() == b"worker ready"
            yield child
        finally:
            if child.returncode is None:
                child.kill()
            await child.wait()

    @property
    def address(self) -> dict[str, str]:
        temporal = self.rig.client.temporal
        host = temporal.service_client.config.target_host
        return {"TEMPORAL_ADDRESS": host, "TEMPORAL_NAMESPACE": temporal.namespace}

    async def temporal(self, *words: str) -> tuple[int, str]:
        """The exit code of Temporal's command, and what it printed."""
        child = await asyncio.create_subprocess_exec(
            temporal_binary(),
            *words,
            env={**os.environ, **self.address, "TEMPORAL_VERSION_CHECK_DISABLED": "1"},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        printed, _ = await child.communicate()
        return await child.wait(), printed.decode()

    async def asked(self, *words: str) -> Any:
        """What Temporal's command answers, as JSON."""
        code, printed = await self.temporal(*words, "--output", "json")
        assert code == 0, printed
        return json.loads(printed)

    async def make_current(self, build: str | None) -> None:
        """New cases go to this version from now on; to workers without a version if it is ``None``."""
        await self._routed("set-current-version", build)

    async def ramp(self, build: str, percentage: int) -> None:
        """This percentage of new cases goes to this version from now on."""
        await self._routed("set-ramping-version", build, "--percentage", str(percentage))

    async def _routed(self, command: str, build: str | None, *more: str) -> None:
        which = ["--unversioned"] if build is None else ["--build-id", build]
        words = ["worker", "deployment", command, "--deployment-name", self.name, *which, *more, "--yes"]
        said = ""

        async def accepted() -> bool:
            nonlocal said
            code, said = await self.temporal(*words)
            return code == 0

        # The server learns of a version from its worker's first polls.
        await eventually(accepted, lambda: f"Temporal did not accept {words}: {said}")

    async def override(self, workflow_id: str, behavior: str, build: str) -> None:
        """Choose by hand the version on which one case runs: ``pinned`` there, or sent there ``one_time``."""
        code, said = await self.temporal(
            *("workflow", "update-options", "--workflow-id", workflow_id),
            *("--versioning-override-behavior", behavior),
            *("--versioning-override-deployment-name", self.name),
            *("--versioning-override-build-id", build),
        )
        assert code == 0, said

    async def drainage(self, build: str) -> str:
        """``draining`` while cases run on an earlier version, then ``drained``."""
        version = ["--deployment-name", self.name, "--build-id", build]
        described = await self.asked("worker", "deployment", "describe-version", *version)
        return str((described.get("drainageInfo") or {}).get("drainageStatus"))

    async def version_of(self, workflow_id: str) -> str:
        """The build ID of the version on which the case runs; empty without one."""
        described = await self.rig.client.temporal.get_workflow_handle(workflow_id).describe()
        return str(
            described.raw_description.workflow_execution_info.versioning_info.deployment_version.build_id
        )

    async def versions_of(self, cases: list[str]) -> Counter[str]:
        """The number of cases on each version."""
        return Counter(await asyncio.gather(*map(self.version_of, cases)))

    async def all_on(self, build: str, cases: list[str]) -> None:
        """Wait until each of the cases runs on this version."""
        await becomes(partial(self.versions_of, cases), {build: len(cases)}, "the versions of the cases")

    async def drained(self, build: str) -> None:
        """Wait until the server says that no case runs on this version any more."""
        await becomes(partial(self.drainage, build), "drained", build)
