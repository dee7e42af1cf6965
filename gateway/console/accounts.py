"""For admins: who has an account, and what it may do."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Form, Response
from fastapi.responses import RedirectResponse

from baton.desk.accounts import (
    INVITATION_DAYS,
    INVITATION_PATH,
    AccountChange,
    AccountInvitation,
    AccountReset,
    AccountRow,
    Role,
)
from baton.desk.tokens import digest_of, new_token
from gateway.console.errors import PageError
from gateway.console.routing import PersonOf, VisitOf, pages_for
from gateway.console.visiting import Visit

router = pages_for(Role.ADMIN)
_log = logging.getLogger("baton.console")

_Text = Annotated[str, Form()]
_RoleOf = Annotated[Role, Form()]


@router.get("/accounts")
async def accounts_page(visit: VisitOf) -> Response:
    """All accounts, and a form to invite somebody."""
    return await _page(visit)


@router.post("/accounts/invite")
async def invite(visit: VisitOf, person: PersonOf, staff: _Text, role: _RoleOf = Role.AGENT) -> Response:
    """Make an account and show the link of its invitation, this one time."""
    ledger, token = await visit.console.ledger(), new_token()
    invitation = AccountInvitation(staff=staff, digest=digest_of(token), role=role)
    row = await ledger.accounts.invite(invitation, datetime.now(UTC))
    _log.info("%s invited %s as %s", person.staff, row.staff, row.role)
    return await _page(visit, row, token)


@router.post("/accounts/reset")
async def reset(visit: VisitOf, person: PersonOf, staff: _Text) -> Response:
    """End a password, and show the link by which its person chooses another one."""
    ledger, token = await visit.console.ledger(), new_token()
    row = await ledger.accounts.reset(AccountReset(staff=staff, digest=digest_of(token)), datetime.now(UTC))
    _log.info("%s reset the account of %s", person.staff, row.staff)
    return await _page(visit, row, token)


@router.post("/accounts/role")
async def set_role(visit: VisitOf, person: PersonOf, staff: _Text, role: _RoleOf) -> Response:
    """Change what somebody may do."""
    _require_another(visit, person.staff, staff)
    ledger = await visit.console.ledger()
    await ledger.accounts.change(AccountChange(staff=staff, role=role), datetime.now(UTC))
    _log.info("%s gave %s the role %s", person.staff, staff, role)
    return RedirectResponse("/accounts", 303)


@router.post("/accounts/disabled")
async def set_disabled(
    visit: VisitOf, person: PersonOf, staff: _Text, disabled: Annotated[bool, Form()]
) -> Response:
    """Disable an account, or enable it again."""
    _require_another(visit, person.staff, staff)
    ledger = await visit.console.ledger()
    await ledger.accounts.change(AccountChange(staff=staff, disabled=disabled), datetime.now(UTC))
    _log.info("%s %s the account of %s", person.staff, "disabled" if disabled else "enabled", staff)
    return RedirectResponse("/accounts", 303)


def _require_another(visit: Visit, own: str, staff: str) -> None:
    """Nobody shuts themselves out: there is always somebody left who can let others in."""
    if staff == own:
        raise PageError(409, visit.texts("Another admin can change your own account."))


async def _page(visit: Visit, invited: AccountRow | None = None, token: str = "") -> Response:
    ledger = await visit.console.ledger()
    rows = await ledger.accounts.all(datetime.now(UTC))
    directory = (await ledger.directory()).directory
    have = {row.staff for row in rows}
    return visit.page(
        "accounts.html",
        rows=rows,
        roles=list(Role),
        without={key: member.name or key for key, member in directory.staff.items() if key not in have},
        invited=invited,
        link=f"{visit.console.origin_of(visit.request)}{INVITATION_PATH}{token}" if token else "",
        days=INVITATION_DAYS,
    )
