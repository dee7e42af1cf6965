"""What a decision about a ticket must know besides what every decision knows: departments, times, texts.

All of it is looked up here, in an activity: calendars and templates are edited while tickets are open, and a
workflow that computed with them could not be replayed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from baton.contract import (
    MARKER,
    Department,
    DepartmentState,
    DirectoryChanged,
    Event,
    Tell,
    TemplateApplied,
)
from baton.documents.directory import Directory
from baton.errors import InvalidEvent
from baton.model.facts import AppliedTemplate, AskedOf, Due, people
from baton.model.ticket import asking, model
from baton.model.ticket.composer import contributors
from baton.model.ticket.relabelling import key_of, relabelled
from baton.model.ticket.reply import needs_draft
from baton.model.ticket.roles import DISPATCHER_ROLE
from baton.model.ticket.state import DraftSources, TicketState
from baton.rules.ruleset import RuleSet
from baton.templates import (
    AskContext,
    DepartmentCard,
    PersonCard,
    Template,
    Templates,
    TicketCard,
)
from baton.wording import did_you_mean


def about(
    before: TicketState,
    event: Event,
    now: datetime,
    directory: Directory,
    rules: RuleSet,
    templates: Templates,
    labels: Iterable[str] = (),
) -> Mapping[str, Any]:
    """The fields of the facts that only tickets have; ``labels`` are more that may be departments'.

    Raises ``InvalidEvent`` for a template that is unknown or cannot be rendered.
    """
    template = _template(event.template, templates) if isinstance(event, TemplateApplied) else None
    template_keys = template.departments if template else ()
    missing = [key for key in template_keys if key not in directory.departments]
    if template is not None and missing:
        raise InvalidEvent(
            f"template {template.id!r} names departments that the directory no longer has: "
            f"{', '.join(missing)}"
        )
    template_labels = [directory.departments[key].label for key in template_keys]
    may_be_asked = (*asking.may_ask(event), *rules.named_labels, *template_labels)
    departments = _departments(before, event, (*may_be_asked, *labels), directory)
    before = relabelled(before, departments, event)
    due = _shifted(before, now, directory)
    for label in may_be_asked:
        found = _due(departments[label].key, template, now, directory) if label in departments else None
        if found is not None and not _is_asked(before.department(label)):
            due[label] = found
    return {
        "departments": departments,
        "due": due,
        "template": _applied(template, before, event, now, directory, due, templates) if template else None,
        "marker": MARKER if MARKER in directory.known_labels else None,
    }


def _departments(
    before: TicketState, event: Event, more: Iterable[str], directory: Directory
) -> dict[str, AskedOf]:
    """The departments of the ticket, which it knows by their keys, and those that have a label named here."""
    by_label = {
        label: AskedOf(key=key)
        for label in (*model.labels_named(before, event), *more)
        if (key := directory.department_of(label)) is not None
    }
    own = (key_of(one, by_label, event) for one in before.departments)
    keys = people([*own, *(asked.key for asked in by_label.values())])
    return {
        directory.departments[key].label: AskedOf(
            key=key, lead=directory.departments[key].lead, deserted=not directory.members_of(key)
        )
        for key in keys
        if key in directory.departments
    }


def renamed(event: Event, directory: Directory) -> dict[str, AskedOf]:
    """By their present labels, the departments of which an event tells the former ones."""
    keys = event.former_labels.values() if isinstance(event, DirectoryChanged) else ()
    return {
        directory.departments[key].label: AskedOf(key=key) for key in keys if key in directory.departments
    }


def stand_ins(before: TicketState, directory: Directory) -> tuple[str, ...]:
    """Who may have to take the dispatcher's part, because nobody in the directory is the dispatcher."""
    if before.dispatcher in directory.staff:
        return ()
    return tuple(staff for staff, member in directory.staff.items() if DISPATCHER_ROLE in member.roles)


def new_sources(
    before: TicketState, after: TicketState, directory: Directory, templates: Templates
) -> DraftSources | None:
    """What is new among the sources of the draft; ``None`` if the reply is not drafted again."""
    if not needs_draft(before, after):
        return None
    template = templates.get(after.template) if after.template else None
    # Whoever is gone is called as before.
    labels = [one.label for one in after.departments if directory.department_of(one.label) is not None]
    staff = [one for one in people([after.composer, *contributors(after)]) if one in directory.staff]
    known = before.sources
    new = DraftSources(
        template=templates.draft_source(template),
        departments=_otherwise({label: _name(label, directory) for label in labels}, known.departments),
        zones=_otherwise({label: str(_zone(label, directory)) for label in labels}, known.zones, str(UTC)),
        people=_otherwise({one: PersonCard.of(one, directory).name for one in staff}, known.people),
    ).beside(known)
    return new if new != DraftSources() else None


def _otherwise(
    named: Mapping[str, str], known: Mapping[str, str], unsaid: str | None = None
) -> dict[str, str]:
    """The values without the defaults, except where a value is already known."""
    return {key: value for key, value in named.items() if value != (unsaid or key) or key in known}


def _template(name: str, templates: Templates) -> Template:
    template = templates.get(name)
    if template is None:
        hint = did_you_mean(name, [known.id for known in templates], "there are none")
        raise InvalidEvent(f"there is no template {name!r}; {hint}")
    return template


def _applied(
    template: Template,
    before: TicketState,
    event: Event,
    now: datetime,
    directory: Directory,
    due: Mapping[str, Due],
    templates: Templates,
) -> AppliedTemplate:
    labels = {key: directory.departments[key].label for key in template.departments}
    absent = [key for key, label in labels.items() if asking.may_be_asked(before.department(label))]
    cards = tuple(
        DepartmentCard.of(
            key,
            directory,
            due[label].due_at.astimezone(_zone(label, directory)) if (label := labels[key]) in due else None,
        )
        for key in absent
    )
    context = AskContext(
        ticket=_card(before),
        dispatcher=PersonCard.of(event.author.id, directory),
        departments=cards,
        now=now.astimezone(_zone(labels[template.departments[0]], directory)),
    )
    # If nobody is left to ask, the model refuses it, with a better message than a text without names.
    note = templates.instruction(template, context) if absent else ""
    notify = template.notify
    tell: list[Tell] = []
    if notify is not None and (notify.staff or notify.line):
        tell.append(Tell(staff=notify.staff, line=notify.line, reason=f"template {template.id} applied"))
    return AppliedTemplate(
        template=template.id,
        departments=tuple(labels.values()),
        marker=template.marker,
        note=note,
        message=templates.message(template, context) if absent else None,
        tell=tuple(tell),
        tell_departments=bool(notify and notify.departments),
    )


def _due(key: str, template: Template | None, now: datetime, directory: Directory) -> Due | None:
    """When an answer that is asked for now is due. The template takes precedence over the directory."""
    department = directory.departments[key]
    within, remind = department.answer_within_hours, department.remind_before_hours
    if template is not None and key in template.due:
        within, remind = template.due[key].answer_within, template.due[key].remind_before
    if within is None:
        return None
    calendar = directory.calendar_of_department(key)
    due_at = calendar.after(now, timedelta(hours=within))
    if due_at is None:
        return None
    before = calendar.after(now, timedelta(hours=within - remind)) if remind is not None else None
    return Due(due_at=due_at, remind_at=before)


def _shifted(ticket: TicketState, now: datetime, directory: Directory) -> dict[str, Due]:
    """The due times if the ticket stops waiting for its customer now: later by the length of the pause."""
    if ticket.paused_at is None:
        return {}
    due: dict[str, Due] = {}
    for one in ticket.departments:
        if one.state is not DepartmentState.ASKED or one.due_at is None or one.key is None:
            continue
        calendar = directory.calendar_of_department(one.key)

        def later(
            at: datetime | None, calendar: Any = calendar, paused_at: datetime = ticket.paused_at
        ) -> datetime | None:
            # What was overdue before the pause stays as late as it is.
            overdue = at is None or at <= paused_at
            return at if overdue else calendar.after(now, calendar.between(paused_at, at))

        due_at = later(one.due_at)
        if due_at is not None:
            due[one.label] = Due(due_at=due_at, remind_at=later(one.remind_at))
    return due


def _is_asked(department: Department | None) -> bool:
    return department is not None and department.state is DepartmentState.ASKED


def _card(ticket: TicketState) -> TicketCard:
    return TicketCard(id=ticket.ticket_id, customer=ticket.customer, subject=ticket.subject)


def _name(label: str, directory: Directory) -> str:
    key = directory.department_of(label)
    return (directory.departments[key].name or key) if key is not None else label


def _zone(label: str, directory: Directory) -> tzinfo:
    key = directory.department_of(label)
    if key is None or directory.departments[key].calendar is None:
        return UTC
    return ZoneInfo(directory.calendar_of_department(key).timezone)
