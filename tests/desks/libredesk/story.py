"""One story at a Libredesk, played by whoever works there and by Baton: at a real one, and at others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from baton.contract import Status
from helpdesks.outside.adapter import Change, HeardThere, Saying
from tests.desks.libredesk.company import OWN, Company


async def play(company: Company) -> dict[str, Any]:
    """Play it from its beginning to its end; returns what Baton saw of it, by chapter."""
    desk, seen = company.adapter, dict[str, Any]()
    cursor = (await desk.changes(None, 200)).cursor

    async def look() -> Sequence[HeardThere]:
        nonlocal cursor
        changes = await desk.changes(cursor, 200)
        cursor = changes.cursor
        assert not changes.more
        return changes.heard

    chat = await company.customer("Where is my parcel? It is {{ .Contact.FirstName }}'s.")
    await company.gives("petra", chat, "lena")
    await company.writes("lena", chat, "I am looking for it.")
    await company.writes("lena", chat, "/ask delivery", note=True)
    await company.tags("petra", chat, "add", "vip", "colour")
    seen["people"] = told(await look())

    await desk.change(
        chat,
        Change(line="line-2", assignee="ivan", labels=frozenset({"vip", "billing"}), status=Status.PENDING),
        "k1",
    )
    await desk.say(chat, Saying("Look at {{ this }} & <that>.", to_customer=False), "k2")
    await desk.say(chat, Saying("It is on its way.\nTomorrow.\n\nBaton", to_customer=True), "k3")
    keys = ("k1", "k2", "k3")
    seen["said"] = [await desk.has_said(chat, key) for key in keys]
    shown = (await desk.show(chat)).is_now
    seen["shown"] = {**shown, "labels": sorted(shown["labels"])}
    seen["own"] = told(await look())

    await company.moves("petra", chat, "line-1")
    await company.gives("maria", chat, "maria")
    await company.takes_off("petra", chat)
    seen["taken off"] = told(await look())

    await company.gives("petra", chat, "nora@example.com")
    await company.sets("petra", chat, "Snoozed", snoozed_until="1h")
    await company.customer("Thank you!", chat)
    await company.tags("petra", chat, "remove", "vip")
    await company.sets("petra", chat, "Resolved")
    seen["closed"] = told(await look())

    await company.customer("One more thing.", chat)
    await desk.change(chat, Change(assignee="oleg"), "k4")
    await desk.change(chat, Change(assignee=None), "k5")
    seen["released"] = told(await look())

    mail = await company.mails("Which one do I pay?")
    await company.writes("petra", mail, "/ask billing delivery", note=True)
    await desk.say(mail, Saying("Both.", to_customer=True), "k6")
    seen["mail"] = told(await look())
    seen["open"] = sorted(one.desk_id for one in (await desk.open_cases(None)).cases) == sorted([chat, mail])
    seen["wrong"] = [one.what for one in await desk.check() if one.wrong]
    seen["set up"] = list(await desk.set_up(dry_run=False))
    seen["mail"] += told(await look())  # it may take a moment until a mail is known to have failed
    return seen


async def ask_for_the_impossible(company: Company) -> list[tuple[int, str]]:
    """What is answered to requests that cannot be carried out: the status, and what is said."""
    chat = await company.customer("Hello?")
    impossible: list[tuple[str, str, dict[str, Any] | None]] = [
        ("PUT", f"conversations/{chat}/assignee/user", {"assignee_id": 9999}),
        ("PUT", f"conversations/{chat}/assignee/team", {"assignee_id": 9999}),
        ("PUT", f"conversations/{chat}/status", {"status": "Nonsense"}),
        ("POST", f"conversations/{chat}/tags", {"action": "add_tags", "tags": ["nonsense"]}),
        ("POST", f"conversations/{chat}/messages", {"sender_type": "contact", "message": "As the customer."}),
        ("GET", "conversations/11111111-1111-1111-1111-111111111111", None),
        ("GET", "conversations/all?order_by=conversations.updated_at", None),
        ("POST", "statuses", {"name": "Nonsense", "category": "waiting"}),
        ("POST", "tags", {"name": "nonsense"}),
    ]
    return [await company.tries(OWN, *one) for one in impossible]


def told(heard: Sequence[HeardThere]) -> list[str]:
    """What was heard, in a line each."""
    return [_line(one) for one in heard]


def _line(one: HeardThere) -> str:
    shows = {
        name: sorted(value) if isinstance(value, frozenset) else value for name, value in one.shows.items()
    }
    shown = " ".join(f"{name}={value}" for name, value in sorted(shows.items()))
    if one.event is None:
        return f"{'Baton' if one.own else 'nothing'}: {shown}"
    event = one.event
    fields = ("text", "status", "staff", "line", "add", "remove", "instruction")
    said = [str(value) for name in fields if (value := getattr(event, name, None))]
    who = "a customer" if event.author.type == "customer" else event.author.id
    who = "an agent of nobody" if who.startswith("agent-") else who
    answer = f" -> {one.answer}" if one.answer else ""
    return f"{who}: {event.kind} {' '.join(said)}".rstrip() + (f" [{shown}]" if shown else "") + answer


NOT_IN_CHATS = "departments are asked in tickets, and this is a chat: open a ticket from it, and ask there"
SEEN: dict[str, Any] = {
    "people": [
        "a customer: customer_message Where is my parcel? It is {{ .Contact.FirstName }}'s. "
        "[assignee=None line=None status=open]",
        "petra: assigned lena [assignee=lena]",
        "lena: agent_message I am looking for it.",
        f"lena: note_added /ask delivery -> {NOT_IN_CHATS}",
        "petra: labels_changed ('vip',) [labels_added=['vip']]",
    ],
    "said": [False, True, True],
    "shown": {"assignee": "ivan", "line": "line-2", "labels": ["billing", "vip"], "status": "pending"},
    "own": [
        "Baton: assignee=None line=line-2",
        "Baton: assignee=ivan",
        "Baton: labels_added=['billing']",
        "Baton: status=pending",
    ],
    "taken off": [
        "petra: assigned line-1 [assignee=None line=line-1]",
        "maria: assigned maria [assignee=maria]",
        "libredesk: assigned [assignee=None]",
    ],
    "closed": [
        "nothing: assignee=None",  # somebody has it whom Baton does not know
        "a customer: customer_message Thank you!",
        "nothing: status=open",
        "petra: labels_changed ('vip',) [labels_removed=['vip']]",
        "petra: status_set closed [status=closed]",
    ],
    "released": [
        "a customer: customer_message One more thing.",
        "nothing: status=open",
        "Baton: assignee=oleg",
        "Baton: assignee=None",
    ],
    "mail": [
        "a customer: customer_message Which one do I pay? [assignee=None line=None status=open]",
        "petra: labels_changed ('billing', 'delivery')",
        "libredesk: delivery_failed",
    ],
    "open": True,
    "wrong": ["agents not in the mapping"],
    "set up": [],
}
"""What Baton saw of it at a real Libredesk."""
