"""The situations of the source, on the real server: each with and without the rule that matters.

Lena is in line 2 and rarely works with chats; Ivan and Petra are in line 1. Source: "Support lines in
chats", situations 1 to 4.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from baton.contract import Activity, Outcome, Presence, Status, Tab
from lab.notices import to_each
from lab.postgres import fresh_database
from lab.rig import Rig, fresh, rules_but
from tests.conftest import RigOpener

OPENS = "line-2-opens-chat"
ENDED = "line-2-writes-in-ended-chat"
TAKES = "line-2-takes-over"
PINS = "pin-to-assignee"


@pytest.fixture(params=["sqlite", "postgresql"])
async def rig(request: pytest.FixtureRequest, open_a_rig: RigOpener) -> AsyncIterator[Rig]:
    """The rig of these tests keeps its cases in both kinds of database."""
    url = None
    if request.param == "postgresql":
        url = await fresh_database(request.getfixturevalue("postgresql"))
    async with open_a_rig(database_url=url) as opened:
        yield opened


def fired(outcome: Outcome) -> list[str]:
    return [item.rule for item in outcome.fired]


async def closed_chat(rig: Rig, conversation: str, by: str = "ivan") -> None:
    """A conversation whose last chat is ended and closed."""
    await rig.customer(conversation)
    await rig.by(by, conversation, "taken")
    await rig.by(by, conversation, "chat_ended", status="closed")


class TestSituation1:
    """Lena writes to a customer who has no chat, or whose last chat is ended and closed."""

    async def test_the_new_chat_is_reserved_for_line_1(self, rig: Rig) -> None:
        conversation = fresh("s1")
        outcome = await rig.staff(conversation, "lena")

        chat = outcome.snapshot
        assert fired(outcome) == [OPENS]
        assert (chat.activity, chat.status, chat.tab) == (Activity.ACTIVE, Status.PENDING, Tab.RESERVED)
        assert (chat.assignee, chat.reserved_for, chat.pinned_to) == ("ivan", "ivan", None)
        assert chat.line == "line-1"

    async def test_the_reply_lands_in_mine_of_line_1(self, rig: Rig) -> None:
        conversation = fresh("s1")
        await rig.staff(conversation, "lena")
        chat = (await rig.customer(conversation)).snapshot

        assert (chat.tab, chat.pinned_to, chat.assignee) == (Tab.MINE, "ivan", "ivan")
        assert (chat.status, chat.reserved_for) == (Status.OPEN, None)

    async def test_the_reply_lands_in_mine_also_after_an_idle_end(self, rig: Rig) -> None:
        conversation = fresh("s1")
        await rig.staff(conversation, "lena")
        await rig.fast_forward(conversation, minutes=11)
        idle = await rig.snapshot(conversation)
        assert (idle.activity, idle.status, idle.reserved_for) == (Activity.ENDED, Status.PENDING, "ivan")

        chat = (await rig.customer(conversation)).snapshot
        assert (chat.tab, chat.pinned_to, chat.status) == (Tab.MINE, "ivan", Status.OPEN)

    async def test_after_a_closed_chat_it_is_a_new_one(self, rig: Rig) -> None:
        conversation = fresh("s1")
        await closed_chat(rig, conversation, by="petra")
        first = await rig.handle(conversation).result()

        outcome = await rig.staff(conversation, "lena")
        chat = outcome.snapshot
        assert fired(outcome) == [OPENS]
        assert chat.previous_case == first["snapshot"]["case_id"] != chat.case_id
        assert (chat.tab, chat.reserved_for) == (Tab.RESERVED, "petra"), "the last holder comes first"

    async def test_no_other_incoming_rule_is_evaluated(self, open_a_rig: RigOpener) -> None:
        everybody = {"id": "all", "name": "All", "then": [{"add labels": ["vip"]}]}
        async with open_a_rig(rules=rules_but(add={"incoming": [everybody]})) as rig:
            assert fired(await rig.staff(fresh("s1"), "lena")) == [OPENS]
            assert fired(await rig.staff(fresh("s1"), "ivan")) == ["all"], "it does fire for others"

    async def test_without_the_rule_the_reply_lands_with_line_2(self, open_a_rig: RigOpener) -> None:
        async with open_a_rig(rules=rules_but(drop=[OPENS])) as rig:
            conversation = fresh("s1")
            outcome = await rig.staff(conversation, "lena")
            assert fired(outcome) == []
            assert (outcome.snapshot.tab, outcome.snapshot.pinned_to) == (Tab.MINE, "lena")
            chat = (await rig.customer(conversation)).snapshot
            assert (chat.tab, chat.pinned_to) == (Tab.MINE, "lena"), "where nobody looks"


class TestSituation2:
    """Lena writes in an ended chat that is pending or open."""

    @pytest.mark.parametrize("status", [Status.PENDING, Status.OPEN])
    async def test_the_chat_ends_again_and_goes_to_line_1(self, rig: Rig, status: Status) -> None:
        conversation = fresh("s2")
        await rig.customer(conversation)
        await rig.by("ivan", conversation, "taken")
        await rig.by("ivan", conversation, "chat_ended", status=status)

        outcome = await rig.staff(conversation, "lena")
        chat = outcome.snapshot
        assert fired(outcome) == [ENDED]
        assert [action.do for action in outcome.fired[0].actions] == ["end", "assign"]
        assert (chat.activity, chat.status, chat.assignee) == (Activity.ENDED, Status.PENDING, "ivan")
        assert (chat.pinned_to, chat.reserved_for) == (None, None)

        reply = await rig.customer(conversation)
        assert fired(reply) == [PINS]
        assert (reply.snapshot.tab, reply.snapshot.pinned_to) == (Tab.MINE, "ivan")

    async def test_without_the_rule_the_chat_becomes_hers(self, open_a_rig: RigOpener) -> None:
        async with open_a_rig(rules=rules_but(drop=[ENDED])) as rig:
            conversation = fresh("s2")
            await rig.customer(conversation)
            await rig.by("ivan", conversation, "taken")
            await rig.by("ivan", conversation, "chat_ended", status="pending")
            chat = (await rig.staff(conversation, "lena")).snapshot
            assert (chat.tab, chat.pinned_to) == (Tab.MINE, "lena")


class TestSituation3:
    """Lena answers first (3a), or writes in an active chat of line 1 and takes over (3b)."""

    async def test_3a_a_first_answer_hands_the_chat_to_line_1(self, rig: Rig) -> None:
        conversation = fresh("s3a")
        assert (await rig.customer(conversation)).snapshot.tab is Tab.NEW
        outcome = await rig.staff(conversation, "lena")

        chat = outcome.snapshot
        assert len(outcome.fired) == 1
        assert outcome.fired[0].rule.startswith(TAKES)
        assert (chat.activity, chat.status, chat.assignee) == (Activity.ENDED, Status.PENDING, "ivan")
        assert (await rig.customer(conversation)).snapshot.pinned_to == "ivan"

    async def test_3b_a_takeover_hands_the_chat_back(self, rig: Rig) -> None:
        conversation = fresh("s3b")
        await rig.customer(conversation)
        await rig.staff(conversation, "petra")
        outcome = await rig.staff(conversation, "lena")

        chat = outcome.snapshot
        assert outcome.fired[0].rule.startswith(TAKES)
        assert (chat.activity, chat.status) == (Activity.ENDED, Status.PENDING)
        assert chat.assignee == "petra", "the line's last holder of this chat comes first"

    @pytest.mark.parametrize("answered_by_ivan", [False, True], ids=["3a", "3b"])
    async def test_without_the_rule_the_chat_stays_hers(
        self, open_a_rig: RigOpener, answered_by_ivan: bool
    ) -> None:
        async with open_a_rig(rules=rules_but(drop=[TAKES])) as rig:
            conversation = fresh("s3")
            await rig.customer(conversation)
            if answered_by_ivan:
                await rig.staff(conversation, "ivan")
            await rig.staff(conversation, "lena")
            chat = (await rig.customer(conversation)).snapshot
            assert (chat.tab, chat.pinned_to) == (Tab.MINE, "lena")

    async def test_a_chat_that_lena_took_stays_hers(self, rig: Rig) -> None:
        conversation = fresh("s3")
        await rig.customer(conversation)
        await rig.by("lena", conversation, "taken")
        outcome = await rig.staff(conversation, "lena")
        assert fired(outcome) == []
        assert (outcome.snapshot.tab, outcome.snapshot.pinned_to) == (Tab.MINE, "lena")

    async def test_a_chat_that_was_transferred_to_lena_stays_hers(self, rig: Rig) -> None:
        conversation = fresh("s3")
        await rig.customer(conversation)
        await rig.by("ivan", conversation, "assigned", staff="lena")
        outcome = await rig.staff(conversation, "lena")
        assert fired(outcome) == []
        assert outcome.snapshot.pinned_to == "lena"


class TestSituation4:
    """The customer activates an ended chat whose assignee is in line 1."""

    async def ended(self, rig: Rig, conversation: str) -> None:
        await rig.customer(conversation)
        await rig.staff(conversation, "ivan")
        await rig.by("ivan", conversation, "chat_ended")

    async def test_it_is_pinned_and_only_its_assignee_is_told(self, rig: Rig) -> None:
        conversation = fresh("s4")
        await self.ended(rig, conversation)
        outcome = await rig.customer(conversation)

        assert fired(outcome) == [PINS]
        assert (outcome.snapshot.tab, outcome.snapshot.pinned_to) == (Tab.MINE, "ivan")
        assert await told_since_new(rig, conversation) == {"ivan"}

    async def test_without_the_rule_it_goes_to_new_and_everyone_is_told(self, open_a_rig: RigOpener) -> None:
        async with open_a_rig(rules=rules_but(drop=[PINS])) as rig:
            conversation = fresh("s4")
            await self.ended(rig, conversation)
            outcome = await rig.customer(conversation)
            assert fired(outcome) == []
            assert (outcome.snapshot.tab, outcome.snapshot.assignee) == (Tab.NEW, "ivan")
            assert await told_since_new(rig, conversation) == {"ivan", "petra", "lena"}

    async def test_a_line_1_person_who_is_away_is_replaced(self, rig: Rig) -> None:
        conversation = fresh("s4")
        await self.ended(rig, conversation)
        await rig.presence("ivan", Presence.OFFLINE, ago=timedelta(minutes=5))
        chat = (await rig.customer(conversation)).snapshot
        assert (chat.tab, chat.pinned_to, chat.assignee) == (Tab.MINE, "petra", "petra")


async def told_since_new(rig: Rig, conversation: str) -> set[str]:
    """Who was told about a conversation by its latest notice, once all writes are done."""
    await rig.settled(conversation)
    rows = [row for row in to_each(await rig.desk.notices(None, 100)) if row.conversation == conversation]
    assert rows
    return {row.staff for row in rows if row.at == rows[0].at}
