"""Makes actions concrete: finds out who is meant, by name, in the scene as it is now."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from baton import contract
from baton.contract import Status
from baton.errors import IllegalTransition
from baton.model.staffing import choose, is_away, line_of, stand_in
from baton.model.ticket.composer import away as away_from_ticket
from baton.rules import verbs
from baton.rules.fields import FIELDS
from baton.rules.scene import CaseType, Scene

Concrete = Callable[[Scene], contract.Action]
"""Raises ``IllegalTransition`` if nothing is meant, and a ``MissingFact`` if something must be looked up."""


def concrete(action: verbs.Action) -> Concrete:
    """The function that makes an action concrete."""
    match action:
        case verbs.Assign(assign=receiver):
            return _assign(receiver)
        case verbs.Pin(pin=target):
            return _pin(target)
        case verbs.Notify(notify=notice):
            return _tell(notice)
        case verbs.AddLabels(add_labels=verbs.LabelsIn(field=field)):
            added = _labels("add labels", field)
            return lambda scene: contract.ChangeLabels(add=added(scene))
        case verbs.RemoveLabels(remove_labels=verbs.LabelsIn(field=field)):
            removed = _labels("remove labels", field)
            return lambda scene: contract.ChangeLabels(remove=removed(scene))
        case _:
            fixed = _fixed(action)
            return lambda scene: fixed


def _assign(receiver: verbs.Receiver) -> Callable[[Scene], contract.Assign]:
    """The first of those named who is there; if none is, a line's queue, or whoever stands in."""
    otherwise = _assign(receiver.otherwise) if receiver.otherwise is not None else None
    if isinstance(receiver, verbs.AssignToLine):
        line = receiver.line

        def to_line(scene: Scene) -> contract.Assign:
            staff = choose(line, scene.case, scene.facts)
            if staff is None and otherwise is not None:
                return otherwise(scene)
            return contract.Assign(staff=staff, line=line)

        return to_line
    named = _named("assign", receiver)

    def to_person(scene: Scene) -> contract.Assign:
        try:
            who = named(scene)
        except IllegalTransition:
            if otherwise is not None:
                return otherwise(scene)
            raise
        if not _is_away(who, scene):
            return contract.Assign(staff=who)
        if otherwise is not None:
            return otherwise(scene)
        if not (line_of(who, scene.facts) or scene.case.line):
            if scene.facts.person(who) is None:
                raise _nobody("assign", who)
            raise IllegalTransition(f"assign: {who} is away, and has no line that could take over")
        staff, line = stand_in(who, scene.case, scene.facts)
        return contract.Assign(staff=staff, line=line)

    return to_person


def _is_away(who: str, scene: Scene) -> bool:
    away = away_from_ticket if scene.type is CaseType.TICKET else is_away
    return away(who, scene.facts)


def _pin(target: verbs.ToStaff | verbs.ToField) -> Concrete:
    """Nobody would look into the Mine of somebody who is away; so the chat stays where it is seen."""
    person = _person("pin", target)

    def owner(scene: Scene) -> contract.Action:
        who = person(scene)
        if is_away(who, scene.facts):
            raise IllegalTransition(f"pin: {who} is away")
        return contract.Pin(staff=who)

    return owner


def _fixed(action: verbs.Action) -> contract.Action:
    """An action that is the same in every scene."""
    match action:
        case verbs.EndChat(end_chat=ending):
            return contract.End(status=Status(ending.status) if ending.status else None)
        case verbs.SetStatus(set_status=status):
            return contract.SetStatus(status=Status(status))
        case verbs.AddLabels(add_labels=tuple() as labels):
            return contract.ChangeLabels(add=labels)
        case verbs.RemoveLabels(remove_labels=tuple() as labels):
            return contract.ChangeLabels(remove=labels)
        case verbs.Note(note=text):
            return contract.AddNote(text=text)
        case verbs.Reply(reply=text):
            return contract.Reply(text=text)
    raise AssertionError(f"an action without a meaning: {action!r}")


def _tell(
    notice: (
        verbs.NotifyStaff
        | verbs.NotifyLine
        | verbs.NotifyDepartments
        | verbs.NotifyField
        | verbs.NotifyEveryone
    ),
) -> Concrete:
    match notice:
        case verbs.NotifyField():
            who = _person("notify", notice)
            return lambda scene: contract.Tell(staff=(who(scene),), reason=notice.text)
        case verbs.NotifyStaff():
            told = contract.Tell(staff=notice.staff, reason=notice.text)
        case verbs.NotifyLine():
            told = contract.Tell(line=notice.line, reason=notice.text)
        case verbs.NotifyDepartments():
            told = contract.Tell(departments=notice.departments, reason=notice.text)
        case verbs.NotifyEveryone():
            told = contract.Tell(everyone=True, reason=notice.text)
    return lambda scene: told


def _labels(verb: str, name: str) -> Callable[[Scene], tuple[str, ...]]:
    """The labels in a field."""
    read = FIELDS[name].read

    def labels(scene: Scene) -> tuple[str, ...]:
        found: tuple[str, ...] = read(scene)
        if not found:
            raise IllegalTransition(f"{verb}: {name} is empty")
        return found

    return labels


def _person(verb: str, target: verbs.ToStaff | verbs.ToField | verbs.NotifyField) -> Callable[[Scene], str]:
    """Who is meant. It must be somebody whom the directory still knows."""
    named = _named(verb, target)

    def known(scene: Scene) -> str:
        who = named(scene)
        if scene.facts.person(who) is None:
            raise _nobody(verb, who)
        return who

    return known


def _named(verb: str, target: verbs.ToStaff | verbs.ToField | verbs.NotifyField) -> Callable[[Scene], str]:
    """The ID of whoever is meant, also of somebody who has left; never that of a customer."""
    if isinstance(target, verbs.ToStaff):
        staff = target.staff
        return lambda scene: staff
    field = FIELDS[target.to]

    def named(scene: Scene) -> str:
        who: str | None = field.read(scene)
        if who is None:
            raise IllegalTransition(f"{verb}: {field.name} is empty")
        if ":" in who:  # an author who is not of the staff
            raise _nobody(verb, who)
        return who

    return named


def _nobody(verb: str, who: str) -> IllegalTransition:
    return IllegalTransition(f"{verb}: there is nobody {who!r} among the staff")


def named_staff(actions: tuple[verbs.Action, ...]) -> Iterator[str]:
    """The people whom actions name; a decision must therefore know about them."""
    for action in actions:
        match action:
            case verbs.Pin(pin=verbs.ToStaff(staff=staff)):
                yield staff
            case verbs.Assign(assign=receiver):
                yield from (
                    one.staff for _, one in verbs.receivers(receiver) if isinstance(one, verbs.ToStaff)
                )


def named_labels(actions: tuple[verbs.Action, ...]) -> Iterator[str]:
    """The labels that actions name; for a ticket, a decision must know which are departments' labels."""
    for action in actions:
        match action:
            case (
                verbs.AddLabels(add_labels=tuple() as labels)
                | verbs.RemoveLabels(remove_labels=tuple() as labels)
            ):
                yield from labels
