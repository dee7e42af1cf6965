"""Who hears of a notice if those are not there to whom it is addressed: never nobody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from baton.contract import Presence, Tell
from baton.documents.directory import Department, Directory, Line, Member
from helpdesks.audience import Around, Audience, Behind

ONLINE, OFFLINE, WITHOUT_CHATS = Presence.ONLINE, Presence.OFFLINE, Presence.WITHOUT_CHATS
COMPANY = Directory(
    lines={"first": Line(), "second": Line(), "empty": Line()},
    departments={
        "bookkeeping": Department(label="billing"),
        "store": Department(label="shipping"),
        "deserted": Department(label="warranty"),
    },
    staff={
        "ivan": Member(line="first"),
        "petra": Member(line="first"),
        "lena": Member(line="second"),
        "oleg": Member(line="second"),
        "vera": Member(departments=("bookkeeping",)),
        "boris": Member(line="second", departments=("bookkeeping", "store")),
    },
)


def told(
    tell: Tell,
    online: str = "",
    *,
    without_chats: str = "",
    never: str = "",
    behind: Behind | None = None,
    directory: Directory = COMPANY,
) -> Audience:
    """Who is told while these people are there; everybody else is offline, but for those who never said."""
    presences = dict.fromkeys(directory.staff, OFFLINE)
    presences |= dict.fromkeys(online.split(), ONLINE) | dict.fromkeys(without_chats.split(), WITHOUT_CHATS)
    for staff in never.split():
        del presences[staff]
    return Around(directory, presences).audience(tell, behind or Behind())


def people(*staff: str, reason: str = "r") -> Tell:
    return Tell(staff=staff, reason=reason)


def departments(*labels: str) -> Tell:
    return Tell(departments=labels, reason="r")


EVERYBODY = tuple(COMPANY.staff)
FIRST, SECOND = Tell(line="first", reason="r"), Tell(line="second", reason="r")
NEW_IN_FIRST, NEW = Tell(line="first", reason="new"), Tell(everyone=True, reason="new")
EVERYONE = Tell(everyone=True, reason="prompt")


@pytest.mark.parametrize(
    ("tell", "there", "heard"),
    [
        (people("ivan"), {"online": "ivan petra lena"}, ("ivan",)),
        (people("ivan", "lena"), {"online": "lena petra"}, ("ivan", "lena")),
        (people("ivan"), {"online": "petra lena", "never": "ivan"}, ("ivan",)),
        (people("ivan"), {"online": "petra lena", "without_chats": "ivan"}, ("ivan",)),
        (people("ivan", "gone"), {"online": "ivan petra"}, ("ivan",)),
        (departments("billing"), {"online": "vera ivan"}, ("vera", "boris")),
        (departments("billing"), {"online": "ivan", "never": "vera boris"}, ("vera", "boris")),
        (departments("billing", "warranty", "gone"), {"online": "vera ivan"}, ("vera", "boris")),
        (FIRST, {"online": "petra lena"}, ("petra",)),
        (FIRST, {"online": "petra lena", "without_chats": "ivan"}, ("petra",)),
        (EVERYONE, {"online": "lena ivan", "without_chats": "petra"}, ("ivan", "lena")),
        (NEW, {"online": "lena ivan", "without_chats": "petra"}, ("ivan", "lena")),
    ],
)
def test_whoever_is_meant_and_there_is_told_and_nobody_else(
    tell: Tell, there: dict[str, Any], heard: Sequence[str]
) -> None:
    assert told(tell, **there) == Audience(tell.reason, tuple(heard), tell.everyone)


@pytest.mark.parametrize(
    ("tell", "there", "heard"),
    [
        # A person: the line hears, too, and the person finds it later.
        (people("ivan"), {"online": "petra lena"}, ("ivan", "petra")),
        (
            people("ivan", "lena"),
            {"online": "petra oleg boris vera"},
            ("ivan", "lena", "petra", "oleg", "boris"),
        ),
        (people("ivan", "gone"), {"online": "petra lena"}, ("ivan", "petra")),
        (people("gone"), {"online": "petra lena", "behind": Behind(line="first")}, ("petra",)),
        (people("ivan"), {"online": "lena", "without_chats": "petra"}, ("ivan", "petra")),
        # A department: the dispatcher.
        (
            departments("billing"),
            {"online": "ivan", "behind": Behind(dispatcher="ivan")},
            ("vera", "boris", "ivan"),
        ),
        (departments("warranty"), {"online": "petra ivan", "behind": Behind(dispatcher="ivan")}, ("ivan",)),
        (
            departments("gone"),
            {"online": "petra", "never": "ivan", "behind": Behind(dispatcher="ivan")},
            ("ivan",),
        ),
        # A line: who is only without chats is there for everything but New.
        (FIRST, {"online": "lena", "without_chats": "petra"}, ("petra",)),
    ],
)
def test_somebody_who_is_there_stands_in(tell: Tell, there: dict[str, Any], heard: Sequence[str]) -> None:
    assert told(tell, **there) == Audience(tell.reason, tuple(heard), False)


@pytest.mark.parametrize(
    ("tell", "there", "heard"),
    [
        (people("ivan"), {"online": "lena oleg"}, ("ivan", "lena", "oleg")),
        (people("vera"), {"online": "lena"}, ("vera", "lena")),
        (people("gone"), {"online": "petra lena"}, ("petra", "lena")),
        (people("gone"), {"online": "lena", "behind": Behind(line="first")}, ("lena",)),
        (departments("billing"), {"online": "ivan"}, ("vera", "boris", "ivan")),
        (departments("warranty"), {"online": "petra lena"}, ("petra", "lena")),
        (
            departments("gone"),
            {"online": "petra lena", "behind": Behind(dispatcher="gone")},
            ("petra", "lena"),
        ),
        (
            departments("warranty"),
            {"online": "petra", "behind": Behind(dispatcher="ivan")},
            ("ivan", "petra"),
        ),
        (FIRST, {"online": "lena oleg"}, ("lena", "oleg")),
        (NEW_IN_FIRST, {"online": "lena", "without_chats": "petra"}, ("lena",)),
        (Tell(line="empty", reason="r"), {"online": "lena"}, ("lena",)),
        (Tell(line="gone", reason="r"), {"online": "lena"}, ("lena",)),
        (Tell(reason="r"), {"online": "lena"}, ("lena",)),
        # Nobody is there at all: they hear when they come.
        (people("ivan"), {}, ("ivan", *(one for one in EVERYBODY if one != "ivan"))),
        (people("gone"), {}, EVERYBODY),
        (departments("warranty"), {}, EVERYBODY),
        (FIRST, {}, EVERYBODY),
        (EVERYONE, {}, EVERYBODY),
        (EVERYONE, {"without_chats": "petra"}, EVERYBODY),
        (NEW, {"without_chats": "petra"}, tuple(one for one in EVERYBODY if one != "petra")),
        (NEW, {"without_chats": " ".join(EVERYBODY)}, EVERYBODY),
    ],
)
def test_in_the_end_everyone_is_told(tell: Tell, there: dict[str, Any], heard: Sequence[str]) -> None:
    assert told(tell, **there) == Audience(tell.reason, tuple(heard), True)


@pytest.mark.parametrize("tell", [people("ivan"), departments("billing"), FIRST, NEW])
def test_where_nobody_works_whoever_is_named_is_told(tell: Tell) -> None:
    assert told(tell, directory=Directory()).staff == tell.staff


@pytest.mark.parametrize("presence", list(Presence))
@pytest.mark.parametrize(
    "tell",
    [
        *(people(one) for one in (*EVERYBODY, "gone")),
        *(departments(one) for one in ("billing", "shipping", "warranty", "gone")),
        *(
            Tell(line=one, reason=reason)
            for one in ("first", "second", "empty", "gone")
            for reason in ["r", "new"]
        ),
        *(NEW, EVERYONE, Tell(reason="r")),
    ],
    ids=str,
)
def test_no_notice_is_for_nobody_whatever_they_are_all_doing(tell: Tell, presence: Presence) -> None:
    around = Around(COMPANY, dict.fromkeys(COMPANY.staff, presence))
    heard = around.audience(tell, Behind()).staff
    assert heard
    assert set(heard) <= COMPANY.staff.keys()
