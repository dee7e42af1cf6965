"""Makes actions concrete: finds out who is meant, by name, in the scene as it is now."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from baton import contract
from baton.contract import Status
from baton.errors import IllegalTransition
from baton.model.staffing import choose
from baton.rules import language
from baton.rules.fields import FIELDS
from baton.rules.scene import Scene

Concrete = Callable[[Scene], contract.Action]
"""Raises ``IllegalTransition`` if nothing is meant, and ``MissingLine`` if a line's members are needed."""


def concrete(action: language.Action) -> Concrete:
    """The function that makes an action concrete."""
    match action:
        case language.Assign(assign=language.ToLine(line=line)):
            return lambda scene: contract.Assign(staff=choose(line, scene.case, scene.facts), line=line)
        case language.Assign(assign=language.ToStaff() | language.ToField() as target):
            who = _person("assign", target)
            return lambda scene: contract.Assign(staff=who(scene))
        case language.Pin(pin=target):
            owner = _person("pin", target)
            return lambda scene: contract.Pin(staff=owner(scene))
        case language.Notify(notify=notice):
            return _tell(notice)
        case language.AddLabels(add_labels=language.LabelsIn(field=field)):
            added = _labels("add labels", field)
            return lambda scene: contract.ChangeLabels(add=added(scene))
        case language.RemoveLabels(remove_labels=language.LabelsIn(field=field)):
            removed = _labels("remove labels", field)
            return lambda scene: contract.ChangeLabels(remove=removed(scene))
        case _:
            fixed = _fixed(action)
            return lambda scene: fixed


def _fixed(action: language.Action) -> contract.Action:
    """An action that is the same in every scene."""
    match action:
        case language.EndChat(end_chat=ending):
            return contract.End(status=Status(ending.status) if ending.status else None)
        case language.SetStatus(set_status=status):
            return contract.SetStatus(status=Status(status))
        case language.AddLabels(add_labels=tuple() as labels):
            return contract.ChangeLabels(add=labels)
        case language.RemoveLabels(remove_labels=tuple() as labels):
            return contract.ChangeLabels(remove=labels)
        case language.Note(note=text):
            return contract.AddNote(text=text)
        case language.Reply(reply=text):
            return contract.Reply(text=text)
    raise AssertionError(f"an action without a meaning: {action!r}")


def _tell(
    notice: (
        language.NotifyStaff
        | language.NotifyLine
        | language.NotifyDepartments
        | language.NotifyField
        | language.NotifyEveryone
    ),
) -> Concrete:
    match notice:
        case language.NotifyField():
            who = _person("notify", notice)
            return lambda scene: contract.Tell(staff=(who(scene),), reason=notice.text)
        case language.NotifyStaff():
            told = contract.Tell(staff=notice.staff, reason=notice.text)
        case language.NotifyLine():
            told = contract.Tell(line=notice.line, reason=notice.text)
        case language.NotifyDepartments():
            told = contract.Tell(departments=notice.departments, reason=notice.text)
        case language.NotifyEveryone():
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


def _person(
    verb: str, target: language.ToStaff | language.ToField | language.NotifyField
) -> Callable[[Scene], str]:
    """Who is meant. It must be somebody whom the directory still knows."""
    if isinstance(target, language.ToStaff):
        staff = target.staff
        return lambda scene: _known(verb, staff, scene)
    field = FIELDS[target.to]

    def named(scene: Scene) -> str:
        who = field.read(scene)
        if who is None:
            raise IllegalTransition(f"{verb}: {field.name} is empty")
        return _known(verb, who, scene)

    return named


def _known(verb: str, staff: str, scene: Scene) -> str:
    if scene.facts.person(staff) is None:
        raise IllegalTransition(f"{verb}: there is nobody {staff!r} among the staff")
    return staff


def named_staff(actions: tuple[language.Action, ...]) -> Iterator[str]:
    """The people whom actions name; a decision must therefore know about them."""
    for action in actions:
        match action:
            case (
                language.Assign(assign=language.ToStaff(staff=staff))
                | language.Pin(pin=language.ToStaff(staff=staff))
            ):
                yield staff


def named_labels(actions: tuple[language.Action, ...]) -> Iterator[str]:
    """The labels that actions name; for a ticket, a decision must know which are departments' labels."""
    for action in actions:
        match action:
            case (
                language.AddLabels(add_labels=tuple() as labels)
                | language.RemoveLabels(remove_labels=tuple() as labels)
            ):
                yield from labels
