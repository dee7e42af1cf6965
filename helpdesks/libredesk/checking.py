"""What ``baton desk check`` looks at, and what ``baton desk setup`` makes.

Looking only reads. What is missing can be made if Baton's role may, which it need not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence

from baton.errors import DeskRefused, HelpDeskUnavailable
from helpdesks.libredesk.agents import Agents, Names
from helpdesks.libredesk.client import LibredeskClient
from helpdesks.libredesk.mapping import LibredeskMapping
from helpdesks.outside.adapter import Finding
from helpdesks.outside.http import Refused

RIGHTS = (
    "conversations:read",
    "conversations:read_all",
    "conversations:update_user_assignee",
    "conversations:update_team_assignee",
    "conversations:update_status",
    "conversations:update_tags",
    "messages:read",
    "messages:write",
)
"""What the role of Baton's agent must have."""
_CATEGORIES = {"open": "open", "pending": "waiting", "closed": "resolved"}
"""By what it is for Baton: what Libredesk takes a status for."""


async def findings(
    client: LibredeskClient, names: Names, mapping: LibredeskMapping
) -> AsyncIterator[Finding]:
    """Everything that was looked at, in order. Nothing follows a login that does not work."""
    try:
        me = await names.own()
        agents = await names.agents(anew=True)
    except (HelpDeskUnavailable, DeskRefused) as error:
        yield Finding("login", str(error))
        return
    what = f"login as {me.get('email')}"
    missing = [right for right in RIGHTS if right not in (me.get("permissions") or ())]
    wrong = f"its role lacks {', '.join(missing)}: add that at Admin, Roles" if missing else ""
    if (person := agents.person(agents.own)) is not None:
        wrong = f"it is {person}, whom nobody would hear: make an agent for Baton alone, with an API key"
    yield Finding(what, wrong)
    for finding in [*_people(agents, mapping), *await _inboxes(client, mapping)]:
        yield finding
    teams = await names.teams(anew=True)
    for line, team in mapping.lines.items():
        yield _named("line", line, "team", team, team in teams)
    tags = await names.tags()
    for label, tag in mapping.labels.items():
        yield _named("label", label, "tag", tag, tag in tags)
    statuses = await names.statuses(anew=True)
    for _, status in _to_set(mapping):
        hint = "" if status in statuses else f"there is no status {status!r}: run `baton desk setup`"
        yield Finding(f"status {status}", hint)
    unknown = sorted(name for name in statuses if name.lower() not in mapping.statuses.there)
    said = f"say under 'statuses' what these are: {', '.join(unknown)}" if unknown else ""
    yield Finding("other statuses", said)


def _people(agents: Agents, mapping: LibredeskMapping) -> Iterator[Finding]:
    by_email = {one.email.lower(): one for one in agents.there if one.email}
    names = Counter(one.name for one in agents.there)
    for person, email in mapping.people.items():
        there = by_email.get(email.lower())
        wrong = "" if there else f"no agent has the address {email}: correct it in the mapping"
        if there and not there.enabled:
            wrong = "disabled in Libredesk: enable the agent, or take the person from the mapping"
        elif there and names[there.name] > 1:
            # Activities name people, and so nobody could tell to whom a conversation was given.
            wrong = f"{names[there.name]} agents are called {there.name}: give each a name of their own"
        yield Finding(f"person {person}", wrong)
    strangers = sorted(
        email
        for email, one in by_email.items()
        if one.enabled and one.id != agents.own and email not in mapping.people_by_email
    )
    if strangers:
        said = f"{', '.join(strangers)} count as the system, not as people"
        yield Finding("agents not in the mapping", said)


async def _inboxes(client: LibredeskClient, mapping: LibredeskMapping) -> list[Finding]:
    rows = await client.listed("inboxes")
    there = Counter(str(row.get("name")) for row in rows)
    enabled = {str(row.get("name")) for row in rows if row.get("enabled")}
    found = []
    for inbox in [*mapping.chats_there, *mapping.tickets_there]:
        wrong = "" if there[inbox] else "there is no such inbox: correct it in the mapping"
        if there[inbox] and inbox not in enabled:
            wrong = "it is disabled in Libredesk, so that nobody can write from it"
        elif there[inbox] > 1:
            wrong = "two inboxes have this name: give each a name of its own"
        found.append(Finding(f"inbox {inbox}", wrong))
    if not found:
        found.append(Finding("inboxes", "none is named: say under 'chats' or 'tickets' where Baton works"))
    return found


def _named(what: str, own: str, kind: str, name: str, is_there: bool) -> Finding:
    wrong = "" if is_there else f"there is no {kind} {name!r}: make it, or run `baton desk setup`"
    return Finding(f"{what} {own}", wrong)


def _to_set(mapping: LibredeskMapping) -> list[tuple[str, str]]:
    """What each status is for Baton, and its name in Libredesk: those that Baton sets."""
    statuses = mapping.statuses
    return [("open", statuses.open[0]), ("pending", statuses.pending[0]), ("closed", statuses.closed[0])]


async def set_up(
    client: LibredeskClient, names: Names, mapping: LibredeskMapping, *, dry_run: bool
) -> Sequence[str]:
    """Make the statuses and tags that are missing; says what was, or would be, made. Twice is as once."""
    statuses, tags = await names.statuses(anew=True), await names.tags()
    missing = [
        ("statuses", f"the status {name}", {"name": name, "category": _CATEGORIES[status]})
        for status, name in _to_set(mapping)
        if name not in statuses
    ]
    missing += [
        ("tags", f"the tag {name}", {"name": name}) for name in mapping.labels.values() if name not in tags
    ]
    said = []
    for path, what, body in missing:
        if not dry_run:
            try:
                await client.post(path, body)
            except Refused:
                right = "tags:manage" if path == "tags" else "status:manage"
                what = f"not made, as Baton's role has no right {right}: {what}. Make it at Admin"
        said.append(what)
    return said
