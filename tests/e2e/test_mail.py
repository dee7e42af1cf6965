"""Notices reach people by e-mail: once, in one thread for each case, when they want to be told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from baton.contract import Tell
from baton.desk.outgoing import MAIL, Way
from baton.desk.outgoingclient import OutgoingClient
from baton.desk.ways import MailWishes, NoticeKind
from baton.errors import NotAllowed, UnknownStaff
from baton.model.effects import CaseRef, Notice
from lab.rig import CHANNEL, Rig, becomes, eventually, fresh
from tests.conftest import RigOpener
from tests.mailserver import PASSWORD, MailHost, mail_host


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[MailHost]:
    async with mail_host(tmp_path) as opened:
        yield opened


@pytest.fixture
def open_mailing(open_a_rig: RigOpener, host: MailHost) -> RigOpener:
    """Opens rigs that have a mail server."""
    return partial(open_a_rig, **host.settings)


def outgoing(rig: Rig) -> OutgoingClient:
    return OutgoingClient(rig.client.temporal, task_queue=rig.settings.task_queue)


async def by_mail(rig: Rig, staff: str, **wishes: Any) -> None:
    await outgoing(rig).set_mail(MailWishes(staff=staff, address=f"{staff}@company.example", **wishes))


async def arrived(host: MailHost, number: int) -> None:
    async def enough() -> bool:
        return len(host.messages) >= number

    await eventually(enough, lambda: f"{len(host.messages)} of {number} messages arrived")


async def handed_to_ivan(rig: Rig, chat: str) -> None:
    """Lena answers first: the chat is handed to Ivan, and is his at the customer's answer."""
    await rig.customer(chat)
    await rig.staff(chat, "lena")
    await rig.customer(chat, "My card number")


async def told(rig: Rig, staff: str, chat: str, reason: str = "mine") -> None:
    """The help desk tells somebody something about a chat."""
    case = CaseRef(case_id=chat, channel=CHANNEL, conversation=chat, customer="c-1")
    tell = Tell(staff=(staff,), reason=reason)
    await rig.desk.notify(
        Notice(key=fresh("key"), case=case, event_id="e", decided_at=datetime.now(UTC), tell=(tell,))
    )


async def test_a_person_gets_a_message_about_a_chat_that_is_theirs(
    open_mailing: RigOpener, host: MailHost
) -> None:
    async with open_mailing() as rig:
        await by_mail(rig, "ivan")
        chat = fresh()
        await handed_to_ivan(rig, chat)
        await arrived(host, 1)
        message = host.messages[0]
        assert message["To"] == "ivan@company.example"
        assert message["From"] == "Baton <baton@company.example>"
        assert message["Subject"] == f"[Baton] chat:telegram:{chat}"
        assert message["Auto-Submitted"] == "auto-generated"
        assert "notices.company.example" in message["List-Id"]
        text = message.get_content()
        assert f"chat:telegram:{chat}: the chat is yours" in text
        assert "card number" not in text
        (way,) = await outgoing(rig).ways("ivan")
        assert way.last_error is None
        assert way.last_told_at is not None


async def test_messages_about_one_case_are_one_thread_and_each_has_its_own_id(
    open_mailing: RigOpener, host: MailHost
) -> None:
    async with open_mailing() as rig:
        await by_mail(rig, "ivan")
        first, second = fresh(), fresh()
        for chat in (first, first, second):
            await told(rig, "ivan", chat)
        await arrived(host, 3)
        threads: dict[str, list[str]] = {}
        for one in host.messages:
            assert one["In-Reply-To"] == one["References"]
            threads.setdefault(one["References"], []).append(one["Subject"])
        assert sorted(threads.values(), key=len) == [
            [f"[Baton] chat:telegram:{second}"],
            [f"[Baton] chat:telegram:{first}"] * 2,
        ]
        assert len({one["Message-ID"] for one in host.messages}) == 3


async def test_only_what_a_person_wants_is_sent(open_mailing: RigOpener, host: MailHost) -> None:
    async with open_mailing() as rig:
        await by_mail(rig, "ivan", kinds=(NoticeKind.PROMPT,))
        for reason in ("mine", "assigned", "prompt"):
            await told(rig, "ivan", fresh(reason), reason)
            await told(rig, "petra", fresh(reason), reason)
        await arrived(host, 1)
        (message,) = host.messages
        assert "please write the reply" in message.get_content()


async def test_notices_are_gathered_into_one_message(open_mailing: RigOpener, host: MailHost) -> None:
    async with open_mailing() as rig:
        await by_mail(rig, "ivan", digest_minutes=60, urgent=(NoticeKind.PROMPT,))
        chats = [fresh() for _ in range(3)]
        for chat in chats:
            await told(rig, "ivan", chat)

        async def waiting() -> int:
            return (await rig.desk.letters.counts(MAIL))[0]

        await becomes(waiting, 3, "letters that wait")
        assert host.messages == []
        await due_now(rig)
        await arrived(host, 1)
        await becomes(waiting, 0, "letters that wait")
        (message,) = host.messages
        assert message["Subject"] == "[Baton] 3 notices"
        assert message["In-Reply-To"] is None
        assert all(f"chat:telegram:{chat}: the chat is yours" in message.get_content() for chat in chats)


async def due_now(rig: Rig) -> None:
    """Let the time come for which letters wait."""
    from helpdesks.schema import letters

    now = datetime.now(UTC) - timedelta(seconds=1)
    await rig.desk._database.write(lambda connection: connection.execute(letters.update().values(due_at=now)))


async def test_an_address_that_is_refused_is_seen_and_holds_up_nobody(
    open_mailing: RigOpener, host: MailHost
) -> None:
    async with open_mailing() as rig:
        host.answer = lambda one: "550 no such user" if one.startswith("ivan") else "250 OK"
        await by_mail(rig, "ivan")
        await by_mail(rig, "petra")
        for staff in ("ivan", "petra"):
            await told(rig, staff, fresh())

        async def error() -> str | None:
            (way,) = await rig.desk.ways.of("ivan")
            return way.last_error

        await becomes(error, "the mail server refused the address: 550", "the error")

        async def dead() -> list[tuple[str | None, int]]:
            return [(one.staff, one.attempts) for one in await rig.desk.letters.dead(MAIL, 10)]

        await becomes(dead, [("ivan", 1)], "dead letters")
        await arrived(host, 1)
        assert host.messages[0]["To"] == "petra@company.example"


async def test_a_mail_server_that_was_down_gets_everything_later_and_once(
    open_mailing: RigOpener, host: MailHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.delivering.PAUSES", (0.1,) * 200)
    async with open_mailing() as rig:
        await by_mail(rig, "ivan")
        await host.close()
        for _ in range(3):
            await told(rig, "ivan", fresh())

        async def noticed() -> bool:
            return (await rig.desk.subscribers.one(MAIL)).failures >= 2

        await eventually(noticed, "nothing was tried")
        shown = await rig.desk.subscribers.one(MAIL)
        assert PASSWORD not in shown.model_dump_json()
        await host.open()
        await arrived(host, 3)
        assert len({one["Message-ID"] for one in host.messages}) == len(host.messages) == 3


async def test_whoever_left_gets_nothing(open_mailing: RigOpener, host: MailHost) -> None:
    async with open_mailing() as rig:
        await by_mail(rig, "ivan", digest_minutes=60)
        await told(rig, "ivan", fresh())

        async def waiting() -> tuple[int, int]:
            return await rig.desk.letters.counts(MAIL)

        await becomes(waiting, (1, 0), "letters")
        known = (await rig.desk.directory()).directory.model_copy(deep=True)
        del known.staff["ivan"]
        await rig.desk.change_directory(known, based_on=None)
        await due_now(rig)
        await becomes(waiting, (0, 1), "letters")
        assert host.messages == []
        (dead,) = await rig.desk.letters.dead(MAIL, 1)
        assert dead.why == "this person is no longer in the directory"


async def test_nobody_is_told_by_mail_where_there_is_no_mail_server(rig: Rig) -> None:
    with pytest.raises(NotAllowed, match="BATON_MAIL_HOST"):
        await by_mail(rig, "ivan")
    with pytest.raises(UnknownStaff):
        await by_mail(rig, "iwan")


async def test_lists_hide_addresses_and_a_way_ends(open_mailing: RigOpener) -> None:
    async with open_mailing() as rig:
        await by_mail(rig, "ivan")
        client = outgoing(rig)
        assert [one.address for one in await client.ways()] == ["i…@company.example"]
        assert [one.address for one in await client.ways("ivan")] == ["ivan@company.example"]
        assert await client.end_ways("ivan", Way.EMAIL) == []


WEEKEND = """
lines: {line-1: {calendar: never-yet}}
calendars: {never-yet: {timezone: UTC, weekly: {mon: [09:00-17:00]}}}
staff: {ivan: {line: line-1}}
"""


async def test_notices_wait_for_duty_but_for_what_is_urgent(open_mailing: RigOpener, host: MailHost) -> None:
    """Whatever day it is: Ivan's line works on one that is neither today nor tomorrow."""
    day = (datetime.now(UTC) + timedelta(days=3)).strftime("%a").lower()
    directory, nothing = WEEKEND.replace("mon", day), "version: 1\n"
    async with open_mailing(directory=directory, rules=nothing, templates=nothing, online=()) as rig:
        await by_mail(rig, "ivan", quiet=True, urgent=(NoticeKind.PROMPT,))
        await told(rig, "ivan", fresh(), "mine")
        await told(rig, "ivan", fresh(), "prompt")
        await arrived(host, 1)
        assert "please write the reply" in host.messages[0].get_content()

        async def until(days: int) -> list[int]:
            due = await rig.desk.letters.due(MAIL, datetime.now(UTC) + timedelta(days=days), 10)
            return [one.attempts for one in due]

        await becomes(lambda: until(7), [0], "letters due within a week")
        assert await until(1) == []
