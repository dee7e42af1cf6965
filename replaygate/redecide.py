"""``baton ops redecide``: a decision made again, from the history alone. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from baton.cli.cases.caseview import fired_lines
from baton.cli.ops.cases import workflow_of
from baton.cli.screen import echo
from baton.cli.shared import as_json, baton_client, print_json, run
from baton.cli.tables import print_table
from baton.cli.times import moment, utc_option
from baton.client import BatonClient
from baton.contract import ChatSnapshot, TicketSnapshot
from baton.desk.client import DeskClient
from baton.errors import BatonError
from baton.model.chat import model as chat
from baton.model.decision import Decision
from baton.model.facts import MissingAvailability, MissingClock, MissingCount, MissingFact, MissingLine
from baton.model.kinds import model_of
from baton.model.ticket import model as ticket
from baton.model.ticket.state import TicketState
from baton.rules.engine import decide
from baton.rules.loading import load_rules, parse_kept_rules
from baton.rules.ruleset import RuleSet
from baton.settings import load_settings
from baton.signs import one_line
from replaygate.decisions import Recorded, recorded_decision

Snapshot = ChatSnapshot | TicketSnapshot


@dataclass(frozen=True)
class Compared:
    """One decision as it was made, and as other rules, or the same ones, make it from the same facts."""

    recorded: Recorded
    rules: RuleSet
    before: Snapshot
    then: Snapshot
    again: Snapshot
    decision: Decision

    @property
    def same(self) -> bool:
        """Whether the same rules fired, did the same, and left the case in the same state as then."""
        return self.recorded.decision.fired == self.decision.fired and self.then == self.again

    def rows(self) -> Iterator[tuple[str, str, str, str]]:
        """What an event and its rules changed: the field, its value before, after, and after it now."""
        old, then, now = (_fields(one) for one in (self.before, self.then, self.again))
        for name in old:
            if old[name] != then[name] or old[name] != now[name]:
                yield name, old[name], then[name], now[name]


@click.command("redecide")
@click.argument("case", metavar="CASE")
@click.argument("event", metavar="EVENT_ID")
@click.option(
    "--rules",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="By the rules in this file rather than by those that decided.",
)
@click.option("--present", is_flag=True, help="By the rules of BATON_RULES_FILE.")
@utc_option
@as_json
def command(case: str, event: str, rules: Path | None, present: bool, json_: bool) -> None:
    """Decide about an event again, from the history alone, and show both results. Changes nothing.

    The facts are those of that time: who was present, how much each person had to do, what time it was. The
    rules are those that decided, as the help desk keeps them, or others.

    EVENT_ID is the one that baton chat show --timeline prints with --json.

    \b
      baton ops redecide telegram:42 m-2
      baton ops redecide telegram:42 m-2 --rules new-rules.yaml
    """
    if rules is not None and present:
        raise click.UsageError("--rules and --present contradict each other.")
    compared = run(_redecide, workflow_of(case), event, load_settings().rules_file if present else rules)
    if json_:
        print_json(_document(compared))
    else:
        _show(compared)


async def _redecide(case: str, event_id: str, file: Path | None) -> Compared:
    async with baton_client() as client:
        recorded = await recorded_decision(client.temporal, case, event_id)
        if recorded.decision.refusal is not None:
            refusal = recorded.decision.refusal
            raise BatonError(f"Event {event_id!r} was refused ({refusal.type}): {refusal.message}")
        if recorded.decision.duplicate is not None:
            raise BatonError(f"Event {event_id!r} was a late duplicate: no rule was asked.")
        if file is not None:
            rules = load_rules(file, None)
        else:
            rules = await _stored_rules(client, recorded.decision.rules)
    return compare(recorded, rules)


async def _stored_rules(client: BatonClient, digest: str) -> RuleSet:
    kept = await DeskClient(client.temporal, task_queue=client.task_queue).rules(digest)
    return parse_kept_rules(kept.source, f"rules {digest}")


def compare(recorded: Recorded, rules: RuleSet) -> Compared:
    """Decide again by ``rules``, from the facts of that time.

    Raises ``BatonError`` if the rules need facts about somebody for whom nothing was recorded.
    """
    request, then = recorded.request, recorded.decision
    before, event = request.before, request.event
    try:
        folded = model_of(before).fold(before, event, then.facts).state
        ruling = decide(rules, then.facts, before, folded, event)
    except MissingFact as missing:
        raise BatonError(
            f"{_asked(missing)}, and the history does not say: it was not asked then. From the history alone "
            "this cannot be decided."
        ) from None
    again = then.model_copy(update={"fired": ruling.fired, "wake_at": ruling.wake_at, "timed": ruling.timed})
    settle: Any = ticket.settle if isinstance(before, TicketState) else chat.settle
    return Compared(
        recorded,
        rules,
        before.snapshot(),
        settle(before, event, then).state.snapshot(),
        settle(before, event, again).state.snapshot(),
        again,
    )


def _asked(missing: MissingFact) -> str:
    match missing:
        case MissingCount():
            return f"These rules ask how many of line {missing.line!r} were available"
        case MissingLine():
            return f"These rules depend on who of line {missing.line!r} was available"
        case MissingAvailability():
            return f"These rules ask whether {missing.name!r} was available"
        case MissingClock():
            return f"These rules ask what time it was for {missing.name!r}"
        case _:
            return "These rules ask about the case before this one"


# --- Output ---------------------------------------------------------------------------------------


def _fields(case: Snapshot) -> dict[str, str]:
    return {name: _short(value) for name, value in case.model_dump(mode="json").items()}


def _short(value: Any) -> str:
    match value:
        case None | "" | []:
            return "–"
        case list() if all(isinstance(one, Mapping) and "label" in one for one in value):
            return ", ".join(f"{one['label']} {one['state']}" for one in value)
        case list():
            return ", ".join(map(str, value))
        case {"type": kind, "id": name}:
            return f"{kind}:{name}"
    return str(value)


def _document(compared: Compared) -> dict[str, Any]:
    return {
        "event": compared.recorded.request.event.model_dump(mode="json"),
        "decided_at": compared.recorded.request.now.isoformat(),
        "same": compared.same,
        "facts": compared.recorded.decision.facts.model_dump(mode="json"),
        "recorded": _side(compared.recorded.decision.rules, compared.recorded.decision, compared.then),
        "again": _side(compared.rules.digest[:12], compared.decision, compared.again),
    }


def _side(rules: str, decision: Decision, after: Snapshot) -> dict[str, Any]:
    fired = [one.model_dump(mode="json") for one in decision.fired]
    return {"rules": rules, "fired": fired, "snapshot": after.model_dump(mode="json")}


def _show(compared: Compared) -> None:
    request, then = compared.recorded.request, compared.recorded.decision
    said = f"{request.event.kind} by {request.event.author}"
    echo(f"Event {one_line(request.event.id)}: {one_line(said)}, {moment(request.now)}")
    for title, digest, fired in (
        ("Recorded", then.rules, then.fired),
        ("Again", compared.rules.digest[:12], compared.decision.fired),
    ):
        echo(f"{title}, by the rules {digest}:")
        for line in list(fired_lines(fired)) or ["no rule fired"]:
            echo(f"    {one_line(line)}")
    echo()
    print_table(
        ("", "Field", "Before", "Recorded", "Again"),
        [("≠" if row[2] != row[3] else "", *row) for row in compared.rows()],
        "Nothing about the case changed, then or now.",
    )
    echo("Both are the same." if compared.same else "They differ.")
