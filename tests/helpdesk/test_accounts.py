"""Staff accounts: who may log in, by what, and what ends that."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from baton.desk.accounts import (
    INVITATION_DAYS,
    AccountChange,
    AccountInvitation,
    AccountReset,
    EntryLink,
    EntryLinks,
    Role,
)
from baton.desk.tokens import digest_of, new_token
from baton.documents.directory import Directory, Member
from baton.errors import NotAllowed, UnknownStaff
from helpdesks.embedded import EmbeddedHelpDesk
from helpdesks.schema import links, sessions
from helpdesks.sessions import Session, SignedIn
from lab.ledger import rows

NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)
IDLE = timedelta(hours=12)
HASH = "$argon2id$of-a-password"


@pytest.fixture(autouse=True)
async def _directory(desk: EmbeddedHelpDesk) -> None:
    await desk.change_directory(_with("ivan", "lena"), based_on=None)


def _with(*staff: str) -> Directory:
    return Directory(staff={one: Member(name=one.title()) for one in staff})


async def invited(desk: EmbeddedHelpDesk, staff: str = "ivan", role: Role | None = None) -> str:
    """The token of an invitation."""
    token = new_token()
    await desk.accounts.invite(AccountInvitation(staff=staff, digest=digest_of(token), role=role), NOW)
    return token


async def member(desk: EmbeddedHelpDesk, staff: str = "ivan", role: Role | None = None) -> None:
    """Somebody who has accepted an invitation."""
    assert await desk.accounts.accept(digest_of(await invited(desk, staff, role)), HASH, NOW) is not None


async def signed_in(desk: EmbeddedHelpDesk, staff: str = "ivan", at: datetime = NOW) -> str:
    """The token of a session."""
    token = new_token()
    begun = Session(digest_of(token), at, "192.0.2.7", "a browser")
    assert await desk.sessions.begin(staff, begun, at + timedelta(days=7))
    return token


async def person(desk: EmbeddedHelpDesk, token: str, at: datetime = NOW) -> SignedIn | None:
    return await desk.sessions.of_token(digest_of(token), at, IDLE)


# --- Invitations ------------------------------------------------------------------------------------


async def test_an_invitation_gives_a_person_an_account_and_works_once(desk: EmbeddedHelpDesk) -> None:
    token = await invited(desk, role=Role.LEAD)

    waiting = await desk.accounts.invited(digest_of(token), NOW)
    accepted = [await desk.accounts.accept(digest_of(token), HASH, NOW) for _ in range(2)]

    assert waiting is not None
    assert (waiting.staff, waiting.name) == ("ivan", "Ivan")
    assert [one is not None for one in accepted] == [True, False]
    [row] = await desk.accounts.all(NOW)
    assert (row.staff, row.role, row.has_password, row.invited_until) == ("ivan", Role.LEAD, True, None)


async def test_of_two_who_accept_an_invitation_at_once_one_succeeds(desk: EmbeddedHelpDesk) -> None:
    digest = digest_of(await invited(desk))

    accepted = await asyncio.gather(*(desk.accounts.accept(digest, f"{HASH}{n}", NOW) for n in range(6)))

    assert sum(one is not None for one in accepted) == 1


async def test_an_invitation_ends_after_a_week(desk: EmbeddedHelpDesk) -> None:
    digest = digest_of(await invited(desk))
    end = NOW + timedelta(days=INVITATION_DAYS)

    assert await desk.accounts.invited(digest, end - timedelta(seconds=1)) is not None
    assert await desk.accounts.invited(digest, end) is None
    assert await desk.accounts.accept(digest, HASH, end) is None


async def test_a_second_invitation_takes_the_place_of_the_first(desk: EmbeddedHelpDesk) -> None:
    first, second = await invited(desk), await invited(desk, role=Role.DISPATCHER)

    assert await desk.accounts.invited(digest_of(first), NOW) is None
    assert await desk.accounts.invited(digest_of(second), NOW) is not None
    assert [row.role for row in await desk.accounts.all(NOW)] == [Role.DISPATCHER]


async def test_an_invitation_that_is_sent_again_is_one(desk: EmbeddedHelpDesk) -> None:
    invitation = AccountInvitation(staff="ivan", digest=digest_of("the same"))

    shown = [await desk.accounts.invite(invitation, NOW) for _ in range(2)]

    assert shown[0] == shown[1]
    assert len(await rows(desk, select(links))) == 1


async def test_nobody_is_invited_who_is_not_in_the_directory_or_has_a_password(
    desk: EmbeddedHelpDesk,
) -> None:
    await member(desk)

    with pytest.raises(UnknownStaff, match="'nobody'"):
        await invited(desk, "nobody")
    with pytest.raises(NotAllowed, match="baton account reset ivan"):
        await invited(desk)


async def test_no_token_and_no_password_is_in_the_database(desk: EmbeddedHelpDesk) -> None:
    token = await invited(desk)
    await desk.accounts.accept(digest_of(token), HASH, NOW)
    session = await signed_in(desk)

    kept = str([await rows(desk, select(links)), await rows(desk, select(sessions))])

    assert digest_of(token) in kept
    assert digest_of(session) in kept
    assert token not in kept
    assert session not in kept


# --- Sessions ---------------------------------------------------------------------------------------


async def test_a_session_says_who_is_there(desk: EmbeddedHelpDesk) -> None:
    await member(desk, role=Role.LEAD)

    found = await person(desk, await signed_in(desk))

    assert found is not None
    assert (found.staff, found.name, found.role, found.language) == ("ivan", "Ivan", Role.LEAD, None)
    assert await person(desk, "another token") is None


async def test_a_session_that_is_not_used_ends_and_one_that_is_used_ends_too(desk: EmbeddedHelpDesk) -> None:
    await member(desk)
    idle, busy = await signed_in(desk), await signed_in(desk)
    used = [NOW + timedelta(hours=hours) for hours in range(0, 7 * 24, 11)]

    assert all([await person(desk, busy, at) for at in used])
    assert await person(desk, idle, NOW + IDLE) is None
    assert await person(desk, busy, NOW + timedelta(days=7)) is None


async def test_people_see_where_they_are_signed_in_and_can_end_that(desk: EmbeddedHelpDesk) -> None:
    await member(desk)
    here, there = await signed_in(desk), await signed_in(desk, at=NOW + timedelta(minutes=5))

    at = NOW + timedelta(minutes=6)
    assert [one.digest for one in await desk.sessions.of_person("ivan", at, IDLE)] == [
        digest_of(there),
        digest_of(here),
    ]
    await desk.sessions.end(digest_of(here))
    assert await person(desk, here) is None
    assert await person(desk, there, at) is not None
    await desk.sessions.end_all("ivan")
    assert await person(desk, there, at) is None


@pytest.mark.parametrize("ending", ["password", "role", "disabled", "reset", "left"])
async def test_what_changes_an_account_ends_its_sessions(desk: EmbeddedHelpDesk, ending: str) -> None:
    await member(desk)
    await member(desk, "lena")
    token, other = await signed_in(desk), await signed_in(desk, "lena")

    match ending:
        case "password":
            await desk.accounts.choose_password("ivan", f"{HASH}2", NOW)
        case "role":
            await desk.accounts.change(AccountChange(staff="ivan", role=Role.LEAD), NOW)
        case "disabled":
            await desk.accounts.change(AccountChange(staff="ivan", disabled=True), NOW)
        case "reset":
            await desk.accounts.reset(AccountReset(staff="ivan", digest=digest_of("new")), NOW)
        case _:
            await desk.change_directory(_with("lena"), based_on=None)

    assert await person(desk, token) is None
    assert await person(desk, other) is not None


async def test_the_same_role_again_ends_nothing(desk: EmbeddedHelpDesk) -> None:
    await member(desk, role=Role.LEAD)
    token = await signed_in(desk)

    await desk.accounts.change(AccountChange(staff="ivan", role=Role.LEAD), NOW)

    assert await person(desk, token) is not None


# --- Who may not -------------------------------------------------------------------------------------


async def test_a_disabled_account_lets_nobody_in_until_it_is_enabled(desk: EmbeddedHelpDesk) -> None:
    await member(desk)
    await desk.accounts.change(AccountChange(staff="ivan", disabled=True), NOW)

    assert await desk.accounts.credentials("ivan") is None
    assert not await desk.sessions.begin("ivan", Session(digest_of("x"), NOW, "", ""), NOW + IDLE)
    with pytest.raises(NotAllowed, match="baton account enable ivan"):
        await desk.accounts.reset(AccountReset(staff="ivan", digest=digest_of("new")), NOW)

    await desk.accounts.change(AccountChange(staff="ivan", disabled=False), NOW)
    known = await desk.accounts.credentials("ivan")
    assert known is not None
    assert known.password == HASH


async def test_who_left_and_comes_back_gets_in_again_only_when_enabled(desk: EmbeddedHelpDesk) -> None:
    await member(desk)
    await desk.change_directory(_with("lena"), based_on=None)
    with pytest.raises(UnknownStaff, match="'ivan'"):
        await desk.accounts.change(AccountChange(staff="ivan", disabled=False), NOW)

    await desk.change_directory(_with("lena", "ivan"), based_on=None)

    assert await desk.accounts.credentials("ivan") is None  # it may be another Ivan
    await desk.accounts.change(AccountChange(staff="ivan", disabled=False), NOW)
    assert await desk.accounts.credentials("ivan") is not None


async def test_a_reset_ends_the_password_and_invites_again(desk: EmbeddedHelpDesk) -> None:
    await member(desk)
    await desk.accounts.reset(AccountReset(staff="ivan", digest=digest_of("new")), NOW)

    known = await desk.accounts.credentials("ivan")
    assert known is not None
    assert known.password is None
    assert await desk.accounts.accept(digest_of("new"), f"{HASH}2", NOW) is not None

    # Whoever sent the reset may send it again, after its answer was lost.
    await desk.accounts.reset(AccountReset(staff="ivan", digest=digest_of("new")), NOW)
    known = await desk.accounts.credentials("ivan")
    assert known is not None
    assert known.password == f"{HASH}2"


async def test_what_concerns_nobody_is_refused(desk: EmbeddedHelpDesk) -> None:
    with pytest.raises(UnknownStaff, match="baton account invite ivan"):
        await desk.accounts.change(AccountChange(staff="ivan", role=Role.LEAD), NOW)
    with pytest.raises(UnknownStaff, match="baton account invite lena"):
        await desk.accounts.reset(AccountReset(staff="lena", digest=digest_of("new")), NOW)


# --- Links that let people in by themselves -----------------------------------------------------------


async def test_entry_links_work_as_often_as_they_are_opened_until_others_are_made(
    desk: EmbeddedHelpDesk,
) -> None:
    def entry(token: str, staff: str) -> EntryLink:
        return EntryLink(staff=staff, digest=digest_of(token), role=Role.AGENT, until=NOW + IDLE)

    await desk.accounts.link(EntryLinks(links=(entry("1", "ivan"), entry("2", "lena"))), NOW)
    for _ in range(2):
        found = await desk.accounts.entering(digest_of("1"), NOW)
        assert found is not None
        assert found.staff == "ivan"
    assert await desk.accounts.entering(digest_of("1"), NOW + IDLE) is None
    assert await desk.accounts.accept(digest_of("1"), HASH, NOW) is None  # it is no invitation

    await desk.accounts.link(EntryLinks(links=(entry("3", "ivan"),)), NOW)
    assert await desk.accounts.entering(digest_of("1"), NOW) is None
    assert await desk.accounts.entering(digest_of("3"), NOW) is not None
    await desk.accounts.link(EntryLinks(links=()), NOW)
    assert await desk.accounts.entering(digest_of("3"), NOW) is None


async def test_links_for_somebody_who_is_not_there_change_nothing(desk: EmbeddedHelpDesk) -> None:
    links = [
        EntryLink(staff=staff, digest=digest_of(staff), role=Role.AGENT, until=NOW + IDLE)
        for staff in ("ivan", "nobody")
    ]

    with pytest.raises(UnknownStaff):
        await desk.accounts.link(EntryLinks(links=tuple(links)), NOW)

    assert await desk.accounts.all(NOW) == []


def test_roles_include_those_before_them() -> None:
    assert [role for role in Role if Role.LEAD.includes(role)] == [Role.AGENT, Role.DISPATCHER, Role.LEAD]
    assert all(role.includes(role) for role in Role)
