"""The worker: what it checks before it polls, how it follows its rules, and how it stops."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import shutil
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect
from temporalio.testing import WorkflowEnvironment

from baton.client import BatonClient
from baton.documents.directory import Directory
from baton.errors import DocumentError, SettingsError, Unanswered
from baton.settings import CHECKOUT
from baton.temporal.plugin import BatonPlugin
from baton.temporal.searchattributes import require_registered
from helpdesks.embedded import EmbeddedHelpDesk
from helpdesks.firststart import is_new
from lab.ledger import rule_digests
from lab.postgres import fresh_database
from lab.rig import CHANNEL, NO_RULES, SHIPPED_TEMPLATES, Rig, event, eventually, fresh, rules_but
from lab.server import started
from tests.conftest import RigOpener

NO_PETRA = """\
departments:
  a: {label: a, lead: petra}
labels: [several-departments]
staff: {ivan: {}}
"""
BILLS = """\
version: 1
templates:
  - id: one
    name: One
    departments: [bills]
    note: Please answer.
"""
VIP = {"id": "vip", "name": "Everybody is important", "then": [{"add labels": ["vip"]}]}


@contextlib.asynccontextmanager
async def worker_process(
    environment: WorkflowEnvironment, settings: Mapping[str, str], checkout: Path = CHECKOUT
) -> AsyncIterator[asyncio.subprocess.Process]:
    """``python worker.py``, as it runs in production; stopped at the end if it still runs."""
    config = environment.client.service_client.config
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "worker.py",
        cwd=checkout,
        env={**os.environ, "TEMPORAL_ADDRESS": config.target_host, **settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.terminate()  # not killed: it may have workers of its own to stop
        await child.communicate()


async def until_ready(child: asyncio.subprocess.Process) -> None:
    assert child.stdout is not None
    while (line := await child.stdout.readline()).strip() != b"worker ready":
        assert line, "the worker ended before it was ready"


def a_company(folder: Path, **texts: str) -> Path:
    """A folder with the files of a company, which has no rules unless they are given."""
    folder.mkdir(exist_ok=True)
    for name, text in {"rules": NO_RULES, **texts}.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def settings_in(folder: Path, queue: str, **more: str) -> dict[str, str]:
    return {"BATON_DATA_DIR": str(folder), "BATON_TASK_QUEUE": queue, **more}


class TestRules:
    async def test_changed_rules_take_effect_with_the_next_event_without_a_restart(
        self, open_a_rig: RigOpener
    ) -> None:
        async with open_a_rig(rules=rules_but()) as rig:
            conversation = fresh("reload")
            assert (await rig.customer(conversation)).fired == ()
            rig.settings.rules_file.write_text(rules_but(add={"changed": [VIP]}), encoding="utf-8")

            async def in_force() -> bool:
                return [fired.rule for fired in (await rig.customer(conversation)).fired] == ["vip"]

            await eventually(in_force, "the new rules did not take effect")

    async def test_a_wrong_new_version_is_refused_loudly_and_the_old_one_stays(
        self, open_a_rig: RigOpener, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with open_a_rig(rules=rules_but(add={"changed": [VIP]})) as rig:
            conversation = fresh("reload")
            await rig.customer(conversation)
            with caplog.at_level(logging.ERROR, "baton.rules"):
                rig.settings.rules_file.write_text("version: 1\nchangd: []\n", encoding="utf-8")

                async def refused() -> bool:
                    return "were refused" in caplog.text

                await eventually(refused, "nobody was told about the wrong rules")
            assert "rules.yaml:2" in caplog.text
            assert "changed" in caplog.text, "a hint names the nearest field"
            assert [fired.rule for fired in (await rig.customer(conversation)).fired] == ["vip"]

    async def test_a_worker_whose_files_vanish_with_their_folder_goes_on_deciding(
        self, open_a_rig: RigOpener, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        folder = tmp_path / "files"
        folder.mkdir()
        (folder / "rules.yaml").write_text(rules_but(add={"changed": [VIP]}), encoding="utf-8")
        shutil.copy(SHIPPED_TEMPLATES, folder / "templates.yaml")
        shutil.copy(CHECKOUT / "deploy/directory/demo.yaml", folder / "directory.yaml")
        async with open_a_rig(
            rules=folder / "rules.yaml",
            templates=folder / "templates.yaml",
            directory_file=folder / "directory.yaml",
        ) as rig:
            conversation = fresh("vanished")
            await rig.customer(conversation)
            shutil.rmtree(folder)

            async def named() -> bool:
                return all(f"The new {what} were refused" in caplog.text for what in ("rules", "templates"))

            await eventually(named, "nobody was told that the files are gone")
            assert [fired.rule for fired in (await rig.customer(conversation)).fired] == ["vip"]

    async def test_a_worker_does_not_start_with_wrong_rules(self, open_a_rig: RigOpener) -> None:
        async with open_a_rig(rules="version: 1\nincoming: 7\n", working=False) as rig:
            with pytest.raises(DocumentError, match=r"rules\.yaml:2"):
                await rig.start_worker()

    async def test_each_rule_set_is_kept_under_its_digest(self, rig: Rig) -> None:
        conversation = fresh("digest")
        await rig.customer(conversation)
        history = await rig.history(conversation)
        markers = [item for item in history.events if item.HasField("marker_recorded_event_attributes")]
        details = str(markers[0].marker_recorded_event_attributes.details)
        assert [digest for digest in await rule_digests(rig.desk) if digest[:12] in details] != []


class TestStart:
    async def test_a_missing_search_attribute_is_named_with_the_command_that_adds_it(self) -> None:
        async with await started(WorkflowEnvironment.start_local, plugins=[BatonPlugin()]) as bare:
            with pytest.raises(SettingsError, match="search-attribute create --name Tab --type Keyword"):
                await require_registered(bare.client)

    async def test_a_worker_says_what_is_wrong_and_exits(
        self, server: WorkflowEnvironment, tmp_path: Path
    ) -> None:
        wrong = settings_in(tmp_path, fresh("queue"), BATON_RULES_FILE=str(tmp_path / "none.yaml"))
        async with worker_process(server, wrong) as child:
            _, said = await child.communicate()
            assert child.returncode == 1
            assert b"none.yaml" in said
            assert b"Traceback" not in said

    async def test_a_misspelt_setting_is_an_error(self, server: WorkflowEnvironment, tmp_path: Path) -> None:
        async with worker_process(server, settings_in(tmp_path, "q", BATON_IDEL_MINUTES="3")) as child:
            _, said = await child.communicate()
            assert child.returncode == 1
            assert b"BATON_IDLE_MINUTES" in said

    @pytest.mark.parametrize("processes", ["1", "2"])
    async def test_without_its_namespace_it_names_that_and_makes_nothing(
        self, server: WorkflowEnvironment, tmp_path: Path, processes: str
    ) -> None:
        wrong = settings_in(
            tmp_path / "data", "q", TEMPORAL_NAMESPACE="nonsense", BATON_WORKER_PROCESSES=processes
        )
        async with worker_process(server, wrong) as child:
            _, said = await child.communicate()
        assert child.returncode == 1
        assert said.decode() == (
            "worker: Temporal has no namespace 'nonsense'. The namespace is set by TEMPORAL_NAMESPACE.\n"
        )
        assert not (tmp_path / "data").exists()

    async def test_a_wrong_configuration_of_temporal_is_one_sentence(
        self, server: WorkflowEnvironment, tmp_path: Path
    ) -> None:
        broken = tmp_path / "broken.toml"
        broken.write_text("[profile.default", encoding="utf-8")
        lacking = tmp_path / "lacking.toml"
        lacking.write_text("[profile.default.tls]\nclient_cert_path = '/none.pem'\n", encoding="utf-8")
        for wrong, what in (
            ({"TEMPORAL_PROFILE": "nope"}, "cannot be used: Profile 'nope' not found"),
            ({"TEMPORAL_CONFIG_FILE": str(broken)}, "TOML parse error at line 1"),
            ({"TEMPORAL_CONFIG_FILE": str(lacking)}, "No such file or directory: '/none.pem'"),
            ({"TEMPORAL_ADDRESS": "local host:7233"}, "TEMPORAL_ADDRESS is 'local host:7233'"),
        ):
            async with worker_process(server, settings_in(tmp_path, "q", **wrong)) as child:
                _, said = await child.communicate()
            assert child.returncode == 1
            assert said.startswith((b"worker: Temporal's", b"worker: TEMPORAL_")), said.decode()
            assert what in said.decode()

    @pytest.mark.parametrize("processes", ["1", "2"])
    async def test_a_database_that_is_another_file_is_one_sentence(
        self, server: WorkflowEnvironment, tmp_path: Path, processes: str
    ) -> None:
        (tmp_path / "baton.db").write_text("Notes of the last meeting. " * 100, encoding="utf-8")
        settings = settings_in(tmp_path, fresh("queue"), BATON_WORKER_PROCESSES=processes)
        async with worker_process(server, settings) as child:
            _, said = await child.communicate()
        assert child.returncode == 1
        assert said.decode() == (
            f"worker: the SQLite file {tmp_path}/baton.db is no SQLite database, but some other file. "
            "Move it away, or name another with BATON_DATABASE_URL.\n"
        )

    async def test_without_temporal_it_names_the_address(
        self, server: WorkflowEnvironment, tmp_path: Path
    ) -> None:
        nowhere = settings_in(tmp_path, "q", TEMPORAL_ADDRESS="localhost:1")
        async with worker_process(server, nowhere) as child:
            _, said = await child.communicate()
            assert child.returncode == 1
            assert b"localhost:1" in said


class TestFirstStart:
    @pytest.mark.parametrize("processes", ["1", "2"])
    async def test_one_that_fails_names_every_mistake_once_and_leaves_nothing_behind(
        self, server: WorkflowEnvironment, tmp_path: Path, processes: str
    ) -> None:
        company = a_company(tmp_path / "company", directory=NO_PETRA, templates=BILLS)
        data = tmp_path / "data"
        settings = settings_in(
            data, fresh("queue"), BATON_COMPANY=str(company), BATON_WORKER_PROCESSES=processes
        )
        async with worker_process(server, settings) as child:
            _, said = await child.communicate()
        assert child.returncode == 1
        assert re.findall(rb"(\w+\.yaml:\d+): ", said) == [b"directory.yaml:2", b"templates.yaml:5"]
        assert not data.exists()

        # Corrected, it is a first start again.
        a_company(company, directory=NO_PETRA.replace("petra", "ivan"), templates=BILLS.replace("bills", "a"))
        async with worker_process(server, settings) as child:
            await until_ready(child)
        async with EmbeddedHelpDesk.open(f"sqlite:///{data}/baton.db") as desk:
            assert (await desk.directory()).version == 1
            assert list((await desk.directory()).directory.staff) == ["ivan"]

    async def test_one_that_fails_makes_no_table_in_postgresql(
        self, server: WorkflowEnvironment, tmp_path: Path, postgresql: str
    ) -> None:
        company = a_company(tmp_path / "company", directory=NO_PETRA, templates=BILLS)
        url = await fresh_database(postgresql)
        settings = settings_in(tmp_path, fresh("queue"), BATON_COMPANY=str(company), BATON_DATABASE_URL=url)
        async with worker_process(server, settings) as child:
            _, said = await child.communicate()
        assert b"directory.yaml:2" in said
        assert await is_new(url)
        engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
        with engine.connect() as connection:
            assert inspect(connection).get_table_names() == []
        engine.dispose()

    async def test_a_later_one_says_that_the_directory_file_is_not_read(
        self, server: WorkflowEnvironment, tmp_path: Path
    ) -> None:
        settings = settings_in(tmp_path, fresh("queue"))
        async with EmbeddedHelpDesk.open(f"sqlite:///{tmp_path}/baton.db") as desk:
            await desk.change_directory(Directory(), based_on=0)
        async with worker_process(server, settings) as child:
            _, said = await child.communicate()
        assert child.returncode == 1
        assert b"there is no line 'line-1'" in said
        assert b"in the directory that the help desk keeps, version 1, and not in a file" in said


class TestGoing:
    async def test_a_help_desk_that_hangs_does_not_keep_a_stopped_worker(
        self, server: WorkflowEnvironment, tmp_path: Path
    ) -> None:
        queue, conversation = fresh("queue"), fresh("hangs")
        settings = settings_in(tmp_path, queue, BATON_SHUTDOWN_GRACE_SECONDS="1")
        client = BatonClient(server.client, task_queue=queue)
        async with worker_process(server, settings) as child:
            await until_ready(child)
            await client.chat(CHANNEL, conversation).send(event("customer_message", "customer"))
            locked = sqlite3.connect(tmp_path / "baton.db", isolation_level=None)
            locked.execute("BEGIN EXCLUSIVE")
            with pytest.raises(Unanswered):
                await client.chat(CHANNEL, conversation).send(event("taken", "ivan"), timeout=1)
            child.send_signal(signal.SIGTERM)
            assert await child.wait() == 0
            locked.close()
        async with worker_process(server, settings) as child:
            await until_ready(child)

            async def taken() -> bool:
                return (await client.chat(CHANNEL, conversation).snapshot()).pinned_to == "ivan"

            await eventually(taken, "the event was lost")

    @pytest.mark.parametrize("processes", [1, 2])
    async def test_a_stopped_worker_finishes_and_another_goes_on(
        self, server: WorkflowEnvironment, tmp_path: Path, processes: int
    ) -> None:
        queue, conversation = fresh("queue"), fresh("going")
        settings = settings_in(tmp_path, queue, BATON_WORKER_PROCESSES=str(processes))
        client = BatonClient(server.client, task_queue=queue)
        for _ in range(2):
            async with worker_process(server, settings) as child:
                await until_ready(child)
                await client.chat(CHANNEL, conversation).send(event("customer_message", "customer"))
                child.send_signal(signal.SIGTERM)
                assert await child.wait() == 0
        async with worker_process(server, settings) as child:
            await until_ready(child)
            assert len(await client.chat(CHANNEL, conversation).timeline()) == 2
