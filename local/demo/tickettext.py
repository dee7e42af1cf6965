"""What ``baton demo`` says about tickets, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.text import Text

from baton.cli.shared import count
from baton.contract import TicketStage
from local.demo.ticketplay import TicketPlay, TicketSeen
from local.demo.tickettable import MEMBERS, PROMPT, TicketStep
from local.demo.words import name_of, people

INTRODUCTION = (
    "Now tickets: a customer asks several departments at once. Ivan answers for billing, Maria for delivery, "
    "Lena for warranty. Petra asks them, by a template. Whoever answers last gets a draft of all answers, "
    "and sends the one reply."
)
IN_RT = (
    "People work in a Request Tracker here, which runs for this demo only, and Baton works beside it: the "
    "customer writes there, departments comment there, and the one reply is sent from there. After each step "
    "the ticket in Request Tracker shows what Baton has decided."
)
NOT_SKIPPED = (
    "This Temporal does not let time be skipped (frontend.WorkflowTimeSkippingEnabled): what is due after "
    "hours elsewhere is due after seconds here."
)


def did(step: TicketStep, play: TicketPlay) -> str:
    """What somebody did."""
    match step.kind:
        case "template_applied":
            return f"applies {step.template}"
        case "note_added":
            return f"notes “{step.text}”"
        case "department_declined":
            return f"hands {step.label} on to {step.to}: “{step.text}”"
        case "send_reply":
            return f"replies “{step.text}”"
        case "reminder_due" | "department_due":
            return f"{_time(play.hours_before(step))} pass."
        case _:
            return f"“{step.text}”"


def came_of(seen: TicketSeen) -> Text:
    """The rules that fired, the state of the ticket, and who was told what."""
    stand = seen.stand
    lines = [Text(f"rule {rule}", "cyan") for rule in seen.fired]
    lines.append(Text(_standing(seen)))
    left = [label for label in stand.labels if label not in stand.asked]
    if left:
        lines.append(Text(f"still labelled {', '.join(left)}"))
    lines += [Text(_told(staff, reason)) for staff, reason in seen.told]
    if seen.step.kind == "send_reply":
        lines.append(Text(f"The customer got {_replies(seen.sent)}"))
    return Text("\n").join(lines)


def draft_of(play: TicketPlay) -> tuple[str, str] | None:
    """Who the latest draft was for, and its text without empty lines."""
    drafts = [seen.draft for seen in play.seen if seen.draft.final and seen.draft.text]
    if not drafts:
        return None
    lines = (line for line in drafts[-1].text.splitlines() if line.strip())
    return name_of(drafts[-1].composer), "\n".join(lines)


def order_of(play: TicketPlay) -> str:
    """Who answered in which order, and who then writes the reply."""
    answered = [name_of(step.by) for step in play.situation.story if step.kind == "note_added"]
    return f"{', '.join(answered)} → {name_of(play.seen[-1].ticket.composer)}"


def numbers_of(play: TicketPlay) -> str:
    """How often somebody was prompted, and how often the customer got a reply."""
    last = play.seen[-1]
    return f"{count(last.ticket.prompts, 'prompt')}, {_replies(last.sent)}"


def ending(plays: Sequence[TicketPlay]) -> str:
    """The result of the same situation, in whatever order it was played."""
    said = list(dict.fromkeys(map(numbers_of, plays)))
    left = {len(play.seen[-1].stand.labels) for play in plays} - {0}
    if left:
        said.append(f"{count(max(left), 'label')} left")
    return ", ".join(said)


def _standing(seen: TicketSeen) -> str:
    stand = seen.stand
    match stand.stage:
        case TicketStage.COLLECTING:
            return f"collecting: {_asked(stand.asked)} asked"
        case TicketStage.COMPOSING:
            return f"composing: {name_of(stand.composer)} writes the reply"
        case TicketStage.TRIAGE:
            return "triage: nobody is asked"
        case _:
            return f"{stand.stage}, {stand.status}"


def _asked(labels: Iterable[str]) -> str:
    staff = [MEMBERS[label] for label in labels]
    return f"{people(staff)} {'is' if len(staff) == 1 else 'are'}"


def _told(staff: str, reason: str) -> str:
    if reason == PROMPT:
        return f"{name_of(staff)} is prompted"
    return f"{name_of(staff)} is told: {reason}"


def _replies(number: int) -> str:
    return f"{number} {'reply' if number == 1 else 'replies'}"


def _time(hours: float) -> str:
    return f"{hours:g} hours" if hours >= 1 else f"{hours * 3600:g} seconds"
