"""The demo company at Omnidesk: its people, lines and labels there, and what its people do."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence

from baton.model.effects import CaseRef
from helpdesks.omnidesk.desk import OmnideskDesk
from helpdesks.omnidesk.mapping import OmnideskMapping
from helpdesks.omnidesk.marker import has_marker
from tests.desks.omnidesk.account import API_KEY, LOGIN, OWN, Account, Case
from tests.desks.omnidesk.server import OmnideskServer

PEOPLE = {"ivan": 331, "lena": 332, "petra": 333, "oleg": 334, "maria": 335}
LINES = {"line-1": 200, "line-2": 202, "phones": 203}
LABELS = {
    "billing": 110,
    "delivery": 111,
    "warranty": 112,
    "several-departments": 113,
    "vip": 101,
    "urgent": 114,
    "refund": 115,
}
ENDED = "chat_completed"
"""How the changelog of this account calls the end of a chat."""
CUSTOMER = 123
_A_WHILE = 3
"""Seconds between two things that people do: after that long, what Omnidesk shows has settled."""


def company_mapping(url: str, **more: object) -> OmnideskMapping:
    """What is whose there."""
    return OmnideskMapping.model_validate(
        {
            "desk": "omnidesk",
            "url": url,
            "login": LOGIN,
            "own_staff": OWN,
            "people": PEOPLE,
            "lines": LINES,
            "labels": LABELS,
            "chats": {"telegram": "telegram"},
            "tickets": {"mail": "email"},
            "changelog": {"ended": ENDED},
            **more,
        }
    )


class Company:
    """An account in which the demo company works, as the place for the tests that all adapters pass, too.

    Its cases have numbers that no other account has, since workflows are called after them.
    """

    def __init__(self, server: OmnideskServer, **mapping: object) -> None:
        self.server = server
        self.account: Account = server.account
        self.account.now = int(time.time()) - 3600
        self.account.numbers = itertools.count(time.time_ns() // 1_000_000)
        for number in PEOPLE.values():
            self.account.hire(number)
        self.account.groups |= {number: name for name, number in LINES.items()}
        self.account.labels |= {number: name for name, number in LABELS.items()}
        self.mapping = company_mapping(server.url, **mapping)
        self.adapter = OmnideskDesk(self.mapping, API_KEY)

    def case(self, desk_id: str | int) -> Case:
        """A case as it is there."""
        return self.account.cases[int(desk_id)]

    def customer(self, text: str, to: str | None = None, *, channel: str = "telegram") -> str:
        """The customer writes; returns the case."""
        self.account.pass_time(_A_WHILE)
        number = self.account.customer_writes(text, to=None if to is None else int(to), channel=channel)
        return str(number)

    def writes(self, who: str, text: str, to: str | None = None) -> str:
        """A person writes to the customer, in a new chat or in one that is there. Returns the case.

        With it Omnidesk makes whoever writes the one who has the case, unless somebody has it.
        """
        self.account.pass_time(_A_WHILE)
        case_id = self.account.staff_begins(CUSTOMER, "telegram") if to is None else int(to)
        self.account.staff_writes(case_id, PEOPLE[who], text)
        self.account.change(case_id, f"staff_{PEOPLE[who]}", status="waiting")
        if not self.case(case_id).staff_id:
            self.account.change(case_id, f"staff_{PEOPLE[who]}", staff_id=PEOPLE[who])
        self.account.logs(case_id, "fixed_chat", f"staff_{PEOPLE[who]}", 0, PEOPLE[who])
        return str(case_id)

    def does(self, who: str, case: str, **fields: object) -> None:
        """A person changes fields of a case."""
        self.account.pass_time(_A_WHILE)
        self.account.change(int(case), f"staff_{PEOPLE[who]}", **fields)

    def ends(self, who: str, case: str) -> None:
        """A person ends a chat."""
        self.account.pass_time(_A_WHILE)
        self.account.logs(int(case), ENDED, f"staff_{PEOPLE[who]}")

    def noted(self, case: str) -> list[str]:
        """The notes of Baton's in a case, without their markers."""
        return self._said(case, note=True)

    def _said(self, case: str, *, note: bool) -> list[str]:
        return [
            str(one["content"]).rpartition("\n\n")[0]
            for one in self.case(case).messages
            if one["note"] is note and one["staff_id"] and has_marker(str(one["content"]))
        ]

    # --- What a place is ---------------------------------------------------------------------------

    async def opens(self) -> CaseRef:
        number = self.customer("Where is my parcel?", channel="email")
        return CaseRef(
            case_id=f"t-{number}",
            channel="mail",
            conversation="",
            customer=str(CUSTOMER),
            ticket_id=number,
        )

    async def opens_chat(self) -> CaseRef:
        number = self.customer("Hello?")
        return CaseRef(case_id=f"c-{number}", channel="telegram", conversation=number, customer=str(CUSTOMER))

    async def writes_in(self, case: CaseRef, who: str, text: str) -> None:
        self.writes(who, text, self._number(case))

    async def assigns(self, case: CaseRef, to: str) -> None:
        self.does("petra", self._number(case), staff_id=PEOPLE[to])

    async def sets_label(self, case: CaseRef, label: str) -> None:
        self.does("petra", self._number(case), add_labels=[LABELS[label]])

    async def notes(self, case: CaseRef, text: str) -> None:
        self.account.pass_time(_A_WHILE)
        self.account.note(int(self._number(case)), PEOPLE["lena"], text)

    async def said_by_baton(self, case: CaseRef, *, to_customer: bool) -> Sequence[str]:
        return self._said(self._number(case), note=not to_customer)

    def _number(self, case: CaseRef) -> str:
        desk_id = self.adapter.desk_id(case)
        assert desk_id is not None
        return desk_id
