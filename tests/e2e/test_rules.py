"""What rules mean, on the real server: the same whatever the timing, and explained from the history alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from baton.contract import Outcome, Presence, Status, TicketStage
from baton.errors import BatonError
from baton.model.decision import Decision
from baton.rules.loading import parse_rules
from lab.rig import CHANNEL, Rig, event, eventually, fresh, rules_but
from replaygate.decisions import recorded_decision
from replaygate.redecide import compare
from tests.conftest import RigOpener


def rule(name: str, when: dict[str, Any], *then: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"id": name, "name": name, "when": when, "then": list(then) or [{"note": name}], **fields}


def only(**lists: list[dict[str, Any]]) -> str:
    """Rules instead of the shipped ones."""
    return rules_but(drop=[""], add=lists)


def fired(outcome: Outcome) -> list[str]:
    return [one.rule for one in outcome.fired]


async def decided(rig: Rig, case: str, event_id: str) -> Decision:
    """A decision as it was recorded; the same rules decide the same from it."""
    recorded = await recorded_decision(rig.client.temporal, rig.handle(case).id, event_id)
    kept = await rig.desk.kept_rules(recorded.decision.rules)
    assert kept is not None
    assert compare(recorded, parse_rules(kept.source, "kept", None)).same
    return recorded.decision


PREVIOUS = only(
    incoming=[
        rule(
            "came-back",
            {
                "previous.status": "closed",
                "previous.assignee": "ivan",
                "previous.line": "line-1",
                "previous.labels": "vip",
                "previous.assignee.line": "line-1",
                "previous minutes ago": {"at most": 60},
            },
            {"assign": {"to": "previous.assignee"}},
            {"add labels": ["urgent"]},
            retrigger=True,
        ),
        rule("first-time", {"previous.status": "is not set"}),
    ],
    changed=[
        rule("something-before", {"before.status": "is set", "case.labels": "urgent"}),
        rule("nothing-before", {"before.status": "is not set", "before.labels": "is not set"}),
        rule("later", {"event.kind": "note_added", "previous.assignee": "ivan"}),
    ],
)


@pytest.mark.parametrize("same_run", [True, False], ids=["in the same run", "in a new run"])
async def test_a_customer_who_comes_back_is_known_whatever_the_timing(
    open_a_rig: RigOpener, *, same_run: bool
) -> None:
    async with open_a_rig(rules=PREVIOUS) as rig:
        chat, back = fresh("back"), fresh("m")
        first = await rig.customer(chat)
        assert fired(first) == ["first-time"]
        await rig.by("ivan", chat, "taken")
        await rig.by("ivan", chat, "labels_changed", add=["vip"])
        closing = event("chat_ended", "ivan", status="closed")
        again = event("customer_message", "customer", text="Thanks", id=back)
        await rig.settled(chat)
        if same_run:
            await rig.stop_worker()
            for payload in (closing, again):
                await rig.client.chat(CHANNEL, chat).submit(payload, customer=f"of-{chat}")
            await rig.start_worker()
        else:
            handle = rig.handle(chat)
            await rig.send(chat, closing)
            await handle.result()
            await rig.send(chat, again)

        async def is_back() -> bool:
            return (await rig.snapshot(chat)).previous_case == first.snapshot.case_id

        await eventually(is_back, "the customer's message opened no chat")
        decision = await decided(rig, chat, back)
        assert [one.rule for one in decision.fired] == ["came-back", "nothing-before"]
        previous = decision.facts.previous
        assert previous is not None
        assert (previous.status, previous.assignee, previous.line) == (Status.CLOSED, "ivan", "line-1")
        assert previous.labels == ("vip",)
        timeline = await rig.client.chat(CHANNEL, chat).timeline()
        story = next(one.what for one in timeline if one.event_id == back)
        assert story.startswith("new chat, active · open, assigned to ivan, pinned to ivan")

        noted = await rig.by("petra", chat, "note_added", text="x", id=fresh("n"))
        assert fired(noted) == ["something-before", "later"]
        assert (await decided(rig, chat, noted.event_id)).facts.previous is not None


async def test_a_ticket_that_is_opened_again_knows_what_it_was(open_a_rig: RigOpener) -> None:
    again = rule(
        "again",
        {"previous.stage": "closed", "previous.labels": "vip", "previous minutes ago": {"at least": 0}},
        {"add labels": ["urgent"]},
        cases="tickets",
    )
    async with open_a_rig(rules=only(incoming=[again])) as rig:
        ticket = fresh("T")
        await rig.to_ticket(ticket, event("customer_message", "customer", text="Hello"))
        await rig.on_ticket("petra", ticket, "labels_changed", add=["vip"])
        closed = await rig.on_ticket("petra", ticket, "status_set", status="closed")
        assert closed.snapshot.stage is TicketStage.CLOSED
        back = await rig.to_ticket(ticket, event("customer_message", "customer", text="Hello again"))
        assert [one.rule for one in back.fired] == ["again"]
        assert back.snapshot.stage is TicketStage.TRIAGE


async def test_a_label_that_is_added_twice_fires_a_rule_once(open_a_rig: RigOpener) -> None:
    listed = [rule("vip", {"event.added_labels": "vip"}), rule("off", {"event.removed_labels": "vip"})]
    async with open_a_rig(rules=only(changed=listed)) as rig:
        chat = fresh("labels")
        await rig.customer(chat)
        found = [
            fired(await rig.by(who, chat, "labels_changed", **changed))
            for who, changed in (
                ("ivan", {"add": ["vip"]}),
                ("petra", {"add": ["vip"]}),
                ("ivan", {"remove": ["vip"]}),
                ("petra", {"remove": ["vip"]}),
            )
        ]
        assert found == [["vip"], [], ["off"], []]


async def test_a_text_is_found_as_people_read_it(open_a_rig: RigOpener) -> None:
    listed = [rule("found", {"event.text": {"contains": "café in istanbul"}})]
    async with open_a_rig(rules=only(changed=listed)) as rig:
        chat = fresh("text")
        await rig.customer(chat)
        found = await rig.customer(chat, "The CAFE\u0301\u00a0in\n  İSTANBUL was closed")
        other = await rig.customer(chat, "The cafe in Istanbul was closed")
        assert (fired(found), fired(other)) == (["found"], [])


REFUNDS = only(
    changed=[
        rule("else", {"event.text": "refund"}, {"assign": {"staff": "oleg", "else": {"line": "line-1"}}}),
        rule("line", {"event.text": "chat"}, {"assign": {"staff": "ivan"}}),
        rule("pinned", {"event.text": "pin"}, {"pin": {"staff": "ivan"}}),
    ]
)


async def test_a_rule_gives_a_chat_to_somebody_who_is_there(open_a_rig: RigOpener) -> None:
    async with open_a_rig(rules=REFUNDS, online=["petra", "ivan"]) as rig:
        chat = fresh("else")
        await rig.customer(chat)
        refund = await rig.customer(chat, "Refund", id=fresh("m"))
        assert refund.snapshot.assignee in ("ivan", "petra"), "Oleg is away"
        await decided(rig, chat, refund.event_id)

        other = fresh("line")
        await rig.customer(other)
        await rig.presence("ivan", Presence.OFFLINE, ago=timedelta(minutes=10))
        taken_over = await rig.customer(other, "chat", id=fresh("m"))
        assert (taken_over.snapshot.assignee, taken_over.snapshot.line) == ("petra", "line-1")
        await decided(rig, other, taken_over.event_id)

        third = fresh("pin")
        await rig.customer(third)
        pinned = await rig.customer(third, "pin")
        assert pinned.fired[0].skipped == ("pin: ivan is away",)
        assert pinned.snapshot.pinned_to is None

        await rig.presence("petra", Presence.OFFLINE, ago=timedelta(minutes=10))
        nobody = fresh("queue")
        await rig.customer(nobody)
        queued = await rig.customer(nobody, "chat")
        assert (queued.snapshot.assignee, queued.snapshot.line) == (None, "line-1")


async def test_who_is_available_and_what_time_it_is_are_facts_of_the_decision(open_a_rig: RigOpener) -> None:
    listed = [
        rule("somebody", {"event.text": "who", "line.line-1.available": {"at least": 2}}),
        rule("nobody", {"event.text": "who", "line.phones.available": {"at most": 0}}),
        rule("assignee", {"event.text": "who", "case.assignee.available": True}),
        rule("lena", {"event.text": "who", "staff.lena.available": False}),
        rule("open", {"event.text": "when", "calendar.always.open": True}),
        rule("closed", {"event.text": "when", "line.phones.open": False}),
        rule("today", {"event.text": "when", "line.phones.weekday": day_in_tokyo()}),
        rule("never", {"event.text": "when", "calendar.always.weekday": {"is not": day_in_tokyo(1)},
                       "line.phones.open": True}),
    ]  # fmt: skip
    async with open_a_rig(rules=only(changed=listed), directory=TOKYO, online=["ivan", "petra"]) as rig:
        chat = fresh("facts")
        await rig.customer(chat)
        await rig.by("ivan", chat, "taken")
        plain = await rig.customer(chat, "Hello", id=fresh("m"))
        facts = (await decided(rig, chat, plain.event_id)).facts
        asked = (facts.lines, facts.available_in, facts.available, facts.clocks)
        assert asked == ({}, {}, {}, {}), "no rule got as far as asking"

        who = await rig.customer(chat, "who", id=fresh("m"))
        assert fired(who) == ["somebody", "nobody", "assignee", "lena"]
        facts = (await decided(rig, chat, who.event_id)).facts
        assert facts.available == {"ivan": True, "lena": False}
        assert [one.staff for one in facts.lines["line-1"] if one.available] == ["ivan", "petra"]
        assert facts.available_in == {"line-1": 2, "phones": 0}

        when = await rig.customer(chat, "when", id=fresh("m"))
        assert fired(when) == ["open", "closed", "today"]
        facts = (await decided(rig, chat, when.event_id)).facts
        assert {name: clock.zone for name, clock in facts.clocks.items()} == {
            "calendar.always": "UTC",
            "line.phones": "Asia/Tokyo",
        }

        recorded = await recorded_decision(rig.client.temporal, rig.handle(chat).id, plain.event_id)
        for test, said in (
            ({"line.line-2.available": {"at least": 1}}, "how many of line 'line-2' were available"),
            ({"staff.maria.available": True}, "whether 'maria' was available"),
            ({"line.phones.open": True}, "what time it was for 'line.phones'"),
        ):
            others = parse_rules(only(changed=[rule("other", test)]), "others", None)
            with pytest.raises(BatonError, match=said):
                compare(recorded, others)

        await rig.presence("ivan", Presence.WITHOUT_CHATS)
        # Ivan is away now, so the message has given the chat to Petra.
        assert fired(await rig.customer(chat, "who")) == ["nobody", "assignee", "lena"]


def day_in_tokyo(later: int = 0) -> str:
    return (datetime.now(UTC) + timedelta(hours=9, days=later)).strftime("%a").lower()


TOKYO = """
calendars:
  always: {}
  never: {timezone: Asia/Tokyo, weekly: {mon: []}}
lines:
  line-1: {calendar: always}
  line-2: {}
  phones: {calendar: never}
departments:
  billing: {label: billing}
  delivery: {label: delivery}
  warranty: {label: warranty}
labels: [vip, urgent, refund, several-departments]
staff:
  ivan: {line: line-1}
  petra: {line: line-1}
  lena: {line: line-2}
  maria: {line: phones}
"""


async def test_waiting_is_counted_from_the_first_message_that_nobody_has_answered(
    open_a_rig: RigOpener,
) -> None:
    listed = [
        rule("waits", {"minutes waiting": {"at least": 8}}, {"add labels": ["urgent"]}),
    ]
    async with open_a_rig(rules=only(timed=listed)) as rig:
        chat = fresh("waiting")
        await rig.customer(chat)
        await rig.fast_forward(chat, minutes=5)
        await rig.customer(chat, "Hello? Is anybody there?")
        await rig.fast_forward(chat, minutes=4)
        assert (await rig.snapshot(chat)).labels == ("urgent",), "eight minutes since the first message"

        answered = fresh("answered")
        await rig.customer(answered)
        await rig.fast_forward(answered, minutes=5)
        await rig.staff(answered, "ivan")
        await rig.customer(answered, "Thanks, and another question")
        await rig.fast_forward(answered, minutes=4)
        assert (await rig.snapshot(answered)).labels == (), "it was answered, and counts anew"
