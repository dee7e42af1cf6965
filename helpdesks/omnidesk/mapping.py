"""The company's ``desk.yaml`` for Omnidesk: everything there has a number.

    desk: omnidesk
    url: https://example.omnidesk.ru
    login: baton@example.com                # Baton's own login, and its staff ID
    own_staff: 900
    people: {kim: 330, ivan: 331}           # staff IDs
    lines: {line-1: 200}                    # group IDs
    labels: {billing: 101}                  # label IDs
    chats: {widget: chat, telegram: telegram}   # Baton's channel: Omnidesk's
    tickets: {email: email}

Where Omnidesk does not document how it calls something, the name is a field here, and not in the code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from baton.contract import Presence, Status
from baton.contract.words import Key, Label
from baton.documents.plain import Amount, Flag, Whole
from helpdesks.outside.mapping import DeskMapping, Mistake, Own, doubled

STATUSES = {"open": Status.OPEN, "waiting": Status.PENDING, "closed": Status.CLOSED}
"""By what the API calls it."""
STATUSES_THERE = {status: there for there, status in STATUSES.items()}


def _number(value: Any) -> str:
    text = str(value)
    if isinstance(value, bool) or not _NUMBER.fullmatch(text):
        message = "{given} is not a number of Omnidesk"
        hint = "staff, groups and labels have IDs: ask /api/staff.json, /api/groups.json, /api/labels.json"
        raise PydanticCustomError("number", message, {"given": repr(text[:60]), "hint": hint})
    return text


_NUMBER = re.compile(r"[1-9][0-9]{0,17}")
Number = Annotated[str, BeforeValidator(_number)]
"""An ID of Omnidesk."""


class ChangelogWords(BaseModel):
    """What the changelog calls each kind of change. What is null is not heard.

    ``staff``, ``status`` and ``fixed_chat`` were seen in answers of the API. ``group`` and ``labels`` are
    called like the API's filters. For the end of a chat nobody has published a name; ``baton desk check``
    lists the names that occur and are not among these.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    assignee: Own | None = "staff"
    status: Own | None = "status"
    line: Own | None = "group"
    labels: Own | None = "labels"
    pinned: Own | None = "fixed_chat"
    ended: Own | None = None
    ignored: frozenset[Own] = frozenset({"rules", "subject", "priority", "custom_fields"})
    """Kinds that are nothing to Baton."""

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        names = [*self.words.values(), *self.ignored]
        if (twice := doubled(names)) is not None:
            raise PydanticCustomError("doubled", "{name} is given twice", {"name": repr(twice)})
        return self

    @property
    def words(self) -> Mapping[str, str]:
        """By the name of the field: what the changelog calls it, if it is heard."""
        fields = ("assignee", "status", "line", "labels", "pinned", "ended")
        return {field: name for field in fields if (name := getattr(self, field)) is not None}


class OmnideskMapping(DeskMapping):
    """Whose number at Omnidesk is whose in the directory."""

    desk: Literal["omnidesk"]
    login: Own
    """The e-mail address of the login that Baton uses, and nobody else: what it does is Baton's own."""
    own_staff: Number
    """The staff ID of that login."""
    people: dict[Key, Number] = {}
    lines: dict[Key, Number] = {}
    labels: dict[Label, Number] = {}
    """Labels of Omnidesk that are not here are left alone."""
    chats: dict[Key, Own] = {}
    """By channel of Baton: the channel of Omnidesk whose cases are chats."""
    tickets: dict[Key, Own] = {}
    """By channel of Baton: the channel of Omnidesk whose cases are tickets. Other channels are not heard."""
    presences: dict[Number, Presence] = {
        "1": Presence.ONLINE,
        "2": Presence.OFFLINE,
        "3": Presence.WITHOUT_CHATS,
    }
    """By ID of a staff status. People with another status are left as they are."""
    changelog: ChangelogWords = ChangelogWords()
    marker: Literal["visible", "invisible"] = "visible"
    """How a message to a customer is marked as written by Baton: a short last line, or signs that are not
    seen. Omnidesk does not document whether it keeps those: ``baton desk check`` cannot tell, try it."""
    empties_assignee: Flag = True
    """Whether assigning staff 0, which is how Omnidesk shows nobody, takes a case from its assignee."""
    overlap: Annotated[Whole, Field(ge=0, le=3600)] = 60
    """Seconds that are read again each time, for what becomes visible later than it is dated."""
    presence_every: Annotated[Amount, Field(ge=1, le=3600)] = 60
    """Seconds between two looks at who is online."""
    spare_calls: Annotated[Whole, Field(ge=0, le=1000)] = 5
    """Calls of each minute that reading leaves for writing, and for other programs of the company."""

    def mistakes(self) -> Iterator[Mistake]:
        """A person who would never be heard, and channels that mean two things."""
        if (person := self.people_there.get(self.own_staff)) is not None:
            what = f"{person} would work under Baton's own login, and never be heard"
            yield (
                ("people", person),
                what,
                "make a login for Baton alone, and give its staff ID as 'own_staff'",
            )
        known: dict[str, str] = {}
        for part, channels in (("chats", self.chats), ("tickets", self.tickets)):
            for channel, own in channels.items():
                if own in known:
                    what = f"the channel {own!r} of Omnidesk is {known[own]!r} already"
                    yield (part, channel), what, "each channel is one of Baton's, and has chats or tickets"
                known[own] = channel

    @cached_property
    def chats_there(self) -> Mapping[str, str]:
        """By channel of Omnidesk: that of Baton, if its cases are chats."""
        return {own: channel for channel, own in self.chats.items()}

    @cached_property
    def tickets_there(self) -> Mapping[str, str]:
        """By channel of Omnidesk: that of Baton, if its cases are tickets."""
        return {own: channel for channel, own in self.tickets.items()}
