"""Rules in words, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Any

from baton.rules.grammar import Part, entries
from baton.rules.language import EventRule, RuleList, TimedRule
from baton.rules.measures import TimeOfDay
from baton.rules.ruleset import RuleSet

WIDTH = 80
_MARGIN = 4
_LABEL = 6

ASKED = {
    RuleList.INCOMING: "asked when a new chat or ticket begins",
    RuleList.CHANGED: "asked when something happened in a chat or a ticket",
    RuleList.TIMED: "asked when time has passed",
}

_NESTED = ("all", "any", "not")

_FOR = {"tickets": "for tickets", "all": "for chats and tickets"}


def counted(rules: RuleSet) -> str:
    """How many rules each list has."""
    return ", ".join(f"{len(rules.rules(kind))} {kind}" for kind in RuleList)


def rules_text(rules: RuleSet) -> str:
    """All rules, in order."""
    return "\n".join(line for kind in RuleList for line in _list(rules, kind))


def _list(rules: RuleSet, kind: RuleList) -> Iterator[str]:
    yield f"{kind}: {ASKED[kind]}"
    listed: Sequence[EventRule | TimedRule] = rules.rules(kind)
    if not listed:
        yield f"{'':{_MARGIN}}no rules"
    for number, rule in enumerate(listed, 1):
        yield from _rule(number, rule)
    if kind is not RuleList.TIMED:
        yield ""


def _rule(number: int, rule: EventRule | TimedRule) -> Iterator[str]:
    remarks = [] if rule.cases == "chats" else [_FOR[rule.cases]]
    remarks += [] if rule.enabled else ["switched off"]
    yield f"{number:>{_MARGIN - 2}}. {rule.id}{'  (' + ', '.join(remarks) + ')' if remarks else ''}"
    yield from _folded(rule.name, _MARGIN)
    yield from _block("when", list(_conditions(rule.when)) or ["always"])
    then = [_action(action) for action in rule.then]
    then += ["stop: no rule after this one"] if rule.stop else []
    then += ["once more through 'changed', if this changed anything"] if rule.retrigger else []
    yield from _block("then", then)


def _block(label: str, lines: list[str]) -> Iterator[str]:
    for position, line in enumerate(lines):
        first, *more = _folded(line, _MARGIN + _LABEL)
        yield f"{'':{_MARGIN}}{'' if position else label:<{_LABEL}}" + first[_MARGIN + _LABEL :]
        yield from more


def _folded(text: str, indent: int) -> list[str]:
    own = len(text) - len(text.lstrip())
    first = " " * (indent + own)
    return wrap(text.strip(), WIDTH, initial_indent=first, subsequent_indent=first + "  ")


def _conditions(when: Part) -> Iterator[str]:
    for name, test in sorted(entries(when), key=lambda entry: entry[0] in _NESTED):
        if name in ("all", "any"):
            yield f"{name} of these:"
            for part in test:
                lines = list(_conditions(part))
                yield from (
                    f"{'  - ' if not position else '    '}{line}" for position, line in enumerate(lines)
                )
        elif name == "not":
            yield "not:"
            yield from (f"    {line}" for line in _conditions(test))
        elif isinstance(test, TimeOfDay):
            yield f"{name} {' '.join(f'{word} {given}' for word, given in entries(test))}"
        elif isinstance(test, Part):
            yield from (f"{name} {word} {_value(given)}" for word, given in entries(test))
        else:
            yield f"{name} {test}" if isinstance(test, str) else f"{name} is {_value(test)}"


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            return f"{value:g}"
        case tuple():
            return ", ".join(map(str, value))
        case Part():  # a field, in place of a value
            return ", ".join(_value(given) for _, given in entries(value))
        case _:
            return str(value)


def _action(action: Part) -> str:
    ((verb, given),) = entries(action)
    if not isinstance(given, Part):
        return f"{verb}: {_value(given)}"
    said = _fields(given)
    return f"{verb}: {said}" if said else verb


def _fields(part: Part) -> str:
    said = (
        f"{name} {_fields(value) if name == 'else' else _value(value)}"
        for name, value in sorted(entries(part), key=lambda entry: entry[0] == "else")
        if value is not None
    )
    return "; ".join(said)
