"""`baton feed` says what became of every line, and how to go on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from baton.cli import baton as program
from baton.contract import ChatEvent, ChatSnapshot, Outcome
from baton.errors import IllegalTransition, Unanswered, UnknownStaff
from baton.feed.journal import Journal
from tests.fakes import opener


class FakeBaton:
    """Chats that take everything but what is in ``errors``."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.submitted: list[str] = []
        self.errors: Mapping[str, Exception] = {}

    def chat(self, channel: str, conversation: str) -> FakeChat:
        return FakeChat(self, channel, conversation)


class FakeChat:
    """One of the chats of `FakeBaton`."""

    def __init__(self, baton: FakeBaton, channel: str, conversation: str) -> None:
        self._baton = baton
        self._channel, self._conversation = channel, conversation

    async def send(self, event: ChatEvent, *, customer: str | None, timeout: float) -> Outcome:
        self._baton.sent.append(event.id)
        if event.id in self._baton.errors:
            raise self._baton.errors[event.id]
        chat = ChatSnapshot(channel=self._channel, conversation=self._conversation, customer=customer or "c")
        return Outcome(event_id=event.id, snapshot=chat, duplicate="again" in event.id)

    async def submit(self, event: ChatEvent, *, customer: str | None) -> None:
        self._baton.submitted.append(event.id)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeBaton:
    async def target(client: object) -> str:
        return "namespace-1"

    fake = FakeBaton()
    monkeypatch.setattr("baton.cli.feed.baton_client", opener(fake))
    monkeypatch.setattr("baton.cli.feed._target", target)
    monkeypatch.chdir(tmp_path)
    return fake


def line(event_id: str, conversation: str = "1") -> str:
    author = {"type": "customer", "id": "c"}
    event = {"kind": "customer_message", "id": event_id, "author": author}
    return json.dumps({"channel": "t", "conversation": conversation, "event": event})


def feed(*options: str, lines: list[str] | None = None) -> Result:
    if lines is not None:
        Path("events.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return CliRunner().invoke(program, ["feed", "events.jsonl", *options])


def test_the_summary_accounts_for_every_line(fake: FakeBaton) -> None:
    fake.errors = {"e-2": IllegalTransition("the chat is closed")}

    result = feed(lines=[line("e-1"), line("e-2"), line("e-1-again"), "oops", ""])

    assert result.exit_code == 0
    assert [row.split()[:2] for row in result.stdout.splitlines()] == [
        ["Lines", "read"],
        ["accepted", "1"],
        ["duplicate", "1"],
        ["refused", "2"],
        ["IllegalTransition", "1"],
        ["InvalidEvent", "1"],
        ["failed", "0"],
    ]
    assert "line 2\n" in result.stdout


def test_a_program_gets_the_summary_as_json(fake: FakeBaton) -> None:
    result = feed("--json", lines=[line("e-1"), "oops", "oops"])

    summary = json.loads(result.stdout)
    assert (summary["lines"], summary["accepted"], summary["refused"]) == (3, 1, 2)
    reason = summary["refusals"].pop("InvalidEvent")
    assert (reason["count"], reason["first_lines"]) == (2, [2, 3])
    assert "Invalid JSON" in reason["example"]
    assert not summary["refusals"]
    assert summary["stopped"] is None
    verdicts = ("accepted", "duplicate", "submitted", "refused", "failed", "unsent")
    assert sum(summary[verdict] for verdict in verdicts) == summary["lines"]


def test_some_refusals_are_a_failure_only_if_one_is_strict(fake: FakeBaton) -> None:
    written = [line("e-1"), "oops"]

    as_many = feed(lines=written)

    assert (as_many.exit_code, as_many.stderr) == (0, "")
    assert feed("--strict").exit_code == 1, "also when the refusal is an old one"
    assert feed("--strict", lines=[line("e-1")]).exit_code == 0


def test_more_refused_than_accepted_is_a_failure_that_says_what_to_do_about_spent_ids(
    fake: FakeBaton,
) -> None:
    fake.errors = {f"e-{number}": UnknownStaff("nobody 'ivan'") for number in (2, 3, 4)}

    result = feed(lines=[line(f"e-{number}", str(number)) for number in (1, 2, 3, 4)] + [line("e-again")])
    written_down = feed("--json", "--refused", "refused.jsonl")

    assert (result.exit_code, written_down.exit_code) == (1, 1), "also when the refusals are old ones"
    assert "--refused FILE" in result.stderr
    assert "under new IDs" in result.stderr
    assert "in refused.jsonl" in written_down.stderr
    assert json.loads(written_down.stdout)["refused"] == 3


def test_the_journal_lies_beside_the_file_and_keeps_lines_from_being_sent_twice(fake: FakeBaton) -> None:
    feed(lines=[line("e-1")])
    result = feed()

    assert Path("events.jsonl.journal").is_file()
    assert fake.sent == ["e-1"]
    assert "1 of these were answered in an earlier run" in result.stdout


def test_without_a_journal_everything_is_sent_again_and_nothing_is_left_behind(fake: FakeBaton) -> None:
    feed("--no-journal", lines=[line("e-1")])
    feed("--no-journal")

    assert fake.sent == ["e-1", "e-1"]
    assert [path.name for path in Path().iterdir()] == ["events.jsonl"]


def test_refused_lines_are_written_with_their_reasons(fake: FakeBaton) -> None:
    fake.errors = {"e-1": IllegalTransition("closed")}
    written = [line("e-1"), "oops", line("e-2", "2")]

    feed("--refused", "refused.jsonl", lines=written)
    first = Path("refused.jsonl").read_text(encoding="utf-8")
    feed("--refused", "refused.jsonl")

    records = sorted(map(json.loads, first.splitlines()), key=lambda record: int(record["line"]))
    assert [(record["line"], record["type"], record["input"]) for record in records] == [
        (1, "IllegalTransition", written[0]),
        (2, "InvalidEvent", "oops"),
    ]
    assert records[0]["reason"] == "closed"
    assert sorted(Path("refused.jsonl").read_text(encoding="utf-8").splitlines()) == sorted(
        first.splitlines()
    ), "the lines that an earlier run had refused, too"


def test_a_line_that_was_not_answered_is_a_failure_that_says_how_to_go_on(fake: FakeBaton) -> None:
    fake.errors = {"e-1": Unanswered("late")}

    result = feed(lines=[line("e-1"), line("e-2")])

    assert result.exit_code == 1
    assert "same command" in result.stderr
    assert "events.jsonl.journal" in result.stderr

    fake.errors = {}
    assert feed().exit_code == 0
    assert fake.sent == ["e-1", "e-1", "e-2"]


def test_signals_are_only_handed_over(fake: FakeBaton) -> None:
    result = feed("--signal", lines=[line("e-1")])

    assert (fake.sent, fake.submitted) == ([], ["e-1"])
    assert ["submitted", "1"] in [row.split() for row in result.stdout.splitlines()]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-"], "--journal"),
        (["events.jsonl", "--journal", "j", "--no-journal"], "contradict"),
        (["events.jsonl", "--refused", "./events.jsonl"], "different files"),
        (["nowhere.jsonl"], "nowhere.jsonl"),
        (["events.jsonl", "--concurrency", "0"], "concurrency"),
    ],
)
def test_wrong_usage_is_refused(fake: FakeBaton, arguments: list[str], said: str) -> None:
    Path("events.jsonl").write_text("")

    result = CliRunner().invoke(program, ["feed", *arguments])

    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize("options", [["--refused", "no/refused.jsonl"], ["--journal", "no/journal"]])
def test_a_file_that_cannot_be_written_is_named_before_anything_is_sent(
    fake: FakeBaton, options: list[str]
) -> None:
    result = feed(*options, lines=[line("e-1")])

    assert result.exit_code == 1
    assert options[1] in result.stderr
    assert not fake.sent


def test_an_empty_file_is_fine(fake: FakeBaton) -> None:
    summary: dict[str, Any] = json.loads(feed("--json", lines=[]).stdout)

    assert (summary["lines"], summary["stopped"]) == (0, None)


# --- A full disk, and who may read what is written ------------------------------------------------


def test_where_refused_lines_cannot_be_written_the_feed_stops_in_words_and_accounts_for_every_line(
    fake: FakeBaton,
) -> None:
    result = feed("--refused", "/dev/full", "--json", lines=["oops", *(line(f"e-{n}") for n in range(50))])

    assert result.exit_code == 1
    summary = json.loads(result.stdout)
    assert summary["stopped"] == "/dev/full cannot be written: No space left on device"
    verdicts = ("accepted", "duplicate", "submitted", "refused", "failed", "unsent")
    assert sum(summary[verdict] for verdict in verdicts) == summary["lines"]
    assert "use the same command again" in result.stderr
    again = json.loads(feed("--refused", "refused.jsonl", "--json").stdout)
    assert (again["accepted"], again["refused"]) == (50, 1)
    assert len(fake.sent) == 50, "nothing was sent twice"
    assert len(Path("refused.jsonl").read_text().splitlines()) == 1


def test_a_journal_that_cannot_grow_stops_the_feed_in_words_and_nothing_is_lost(
    fake: FakeBaton, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = Journal._begin

    def begin_on_a_full_disk(self: Journal, target: str) -> None:
        begin(self, target)
        self._database.execute("PRAGMA max_page_count = 1")  # SQLite keeps the pages that there are

    fake.errors = {f"e-{number}": IllegalTransition("x" * 900) for number in range(200)}
    written = [line(f"e-{number}", str(number)) for number in range(200)]
    with monkeypatch.context() as full:
        full.setattr(Journal, "_begin", begin_on_a_full_disk)
        result = feed("--json", lines=written)
    assert result.exit_code == 1
    assert "Traceback" not in result.stderr
    summary = json.loads(result.stdout)
    assert "events.jsonl.journal cannot be used: database or disk is full" in summary["stopped"]
    assert "recognised by its ID" in result.stderr
    again = json.loads(feed("--json").stdout)
    assert (again["refused"], again["stopped"]) == (200, None)


def test_what_a_feed_writes_is_for_its_owner_only(fake: FakeBaton, monkeypatch: pytest.MonkeyPatch) -> None:
    modes: dict[str, int] = {}
    close = Journal.flush

    def look(self: Journal) -> None:
        close(self)
        modes.update({path.name: path.stat().st_mode & 0o777 for path in Path().iterdir()})

    monkeypatch.setattr(Journal, "flush", look)
    feed("--refused", "refused.jsonl", lines=["oops", line("e-1")])

    del modes["events.jsonl"]
    assert modes.keys() >= {"refused.jsonl", "events.jsonl.journal", "events.jsonl.journal-wal"}
    assert set(modes.values()) == {0o600}
