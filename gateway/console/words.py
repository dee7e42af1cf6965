"""Words of the console that are data elsewhere, for people."""

from __future__ import annotations

from collections.abc import Mapping

from baton.desk.accounts import Role
from baton.texts import Phrase

ROLES: Mapping[Role, Phrase] = {
    Role.AGENT: Phrase("role", "agent"),
    Role.DISPATCHER: Phrase("role", "dispatcher"),
    Role.LEAD: Phrase("role", "lead"),
    Role.ADMIN: Phrase("role", "admin"),
}
