"""The activities, and what each is for."""

from __future__ import annotations

from types import ModuleType

from baton.contract import FIND_CASE
from baton.desk import accounts, api, apikeys, beside, hooks, outgoing, reports, ways
from baton.model import effects
from docs.parts.markdown import table

_ACTIVITIES = {
    "decide": "facts, rules, and the event's intake into the help desk; a local activity",
    "reassign": "one write to the help desk: assignee, ending and status, with labels and notes",
    "update_case": "one write where rules or a template only changed other fields",
    "send_message": "a rule's or a template's message to the customer",
    "notify": "everybody who must be told, in one call",
    "remove_label": "one write that only takes labels off, such as a department's that has answered",
    "prompt_reply": "tells the composer that it is their turn, with the draft",
    "send_reply": "the consolidated reply to the customer, exactly once; the ticket's chat hears of it",
    "remind": "tells a department's members that their answer is due soon",
    "escalate": "tells a department's lead that its answer is overdue",
    "breathe": "nothing: it brings a busy case to a moment in which its run can end",
    "give_places": "tells the cases that are next in a queue that somebody has room for them",
    "copy_to_ticket": "what the customer says in a chat goes to a ticket that the chat is linked to",
    "forward": "what is written to a case that was merged into another goes to that one",
}

_DESK = {
    "inbox": "`baton inbox`",
    "tickets": "`baton inbox --department`, `baton inbox --tickets`",
    "notices": "`baton notices`",
    "messages": "`baton chat show --messages`, `baton ticket show --messages`",
    "show_directory": "`baton directory show`",
    "preview_directory": "which cases a change of the directory would concern; by the same commands",
    "change_directory": "`baton directory apply`, `baton staff add`, `set`, `remove`",
    "spread_directory": "tells the cases concerned; started by `change_directory`",
    "show_presence": "`baton staff list`",
    "show_rules": "`baton ops redecide`: a rule set that was once in force",
    "set_presence": "`baton staff set-status` for one person",
    "set_presences": "`baton staff set-status` for several people, a line, or everybody",
    "spread_presence": "tells the cases concerned; started by `set_presence`, offline after the grace period",
    "spread_presences": "the same for several people; started by `set_presences`",
    "block_customer": "`baton customer block`, `unblock`",
    "lost_cases": "`baton ops revive` without a name",
    "revive": "`baton ops revive`: the case goes on as the help desk has kept it",
    "report": "`baton report`",
    "list_hooks": "`baton hooks list`",
    "show_hook": "`baton hooks show`",
    "replay_hooks": "`baton hooks replay`: what can be used now is kept no longer",
    "add_api_key": "`baton api-key new`, with the digest of the key",
    "list_api_keys": "`baton api-key list`",
    "rotate_api_key": "`baton api-key rotate`",
    "revoke_api_key": "`baton api-key revoke`",
    "invite_account": "`baton account invite`, with the digest of the link",
    "reset_account": "`baton account reset`",
    "list_accounts": "`baton account list`",
    "change_account": "`baton account role`, `disable`, `enable`",
    "link_accounts": "the links that `baton up` prints for the demo's people",
    "subscribers": "`baton webhooks list`",
    "dead_letters": "`baton webhooks dead`",
    "replay_letters": "`baton webhooks replay`",
    "set_subscriber": "`baton webhooks pause`, `resume`",
    "tend_subscriber": "the API, when a webhook is made: its workflow is started",
    "show_ways": "`baton staff ways`",
    "set_mail": "`baton staff ways --email`",
    "end_ways": "`baton staff ways --no-email`",
    "desk_in_use": "`baton desk capabilities`, `status`",
    "check_desk": "`baton desk check`",
    "set_up_desk": "`baton desk setup`",
    "import_desk": "`baton desk import`, a page at a time",
    FIND_CASE: "the Python client, where a case has no running workflow: was the event handled before?",
}


def _activities_of(module: ModuleType) -> list[str]:
    return sorted(value for name, value in vars(module).items() if name.isupper() and isinstance(value, str))


def activities() -> str:
    assert _activities_of(effects) == sorted(_ACTIVITIES)
    return table(["activity", "what it does"], ([f"`{name}`", what] for name, what in _ACTIVITIES.items()))


_NO_CALLS = {
    apikeys.PREFIX,
    accounts.INVITATION_PATH,
    accounts.ENTRY_PATH,
    outgoing.SUBSCRIBER_WORKFLOW,
    outgoing.DELIVER,
    outgoing.MAIL,
    beside.EMBEDDED,
    beside.NO_OTHER_DESK,
}
"""What else stands in those modules."""


def desk_activities() -> str:
    modules = (api, hooks, reports, apikeys, accounts, outgoing, ways, beside)
    named = [name for module in modules for name in _activities_of(module) if name not in _NO_CALLS]
    assert sorted([*named, FIND_CASE]) == sorted(_DESK)
    return table(["activity", "behind"], ([f"`{name}`", what] for name, what in _DESK.items()))
