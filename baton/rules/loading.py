"""Reading rule files: strictly, and with every mistake reported at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from baton.contract.words import STORED
from baton.documents.directory import Directory
from baton.documents.yaml import Document, parse_yaml, read_yaml, refuse
from baton.errors import Problem
from baton.rules.checks import check_rule
from baton.rules.language import EventRule, RuleFile, RuleList, TimedRule
from baton.rules.ruleset import RuleSet


def load_rules(path: Path, directory: Directory | None) -> RuleSet:
    """The rules in a file. Raises ``DocumentError`` with every mistake in it.

    Without a directory, the names of staff, lines, departments, roles and labels are not checked.
    """
    return _accepted(read_yaml(path), directory)


def parse_rules(text: str, file: str, directory: Directory | None) -> RuleSet:
    """The rules in a text; ``file`` names it in messages. Otherwise like `load_rules`."""
    return _accepted(parse_yaml(text, file), directory)


def parse_kept_rules(text: str, file: str) -> RuleSet:
    """Rules that were once in force, as the help desk has kept them. Otherwise like `parse_rules`."""
    document = parse_yaml(text, file)
    document.context = STORED
    return _accepted(document, None)


def _accepted(document: Document, directory: Directory | None) -> RuleSet:
    rules, malformed = document.check(RuleFile)
    refuse([*document.problems, *malformed, *_doubled(document), *_wrong(document, directory)])
    assert rules is not None
    return RuleSet(rules, document.text)


def _written_rules(document: Document) -> Iterator[tuple[RuleList, int, object]]:
    """Every rule as it is written in the document, whatever else is wrong with it."""
    for kind in RuleList:
        listed = document.data.get(kind.value) if isinstance(document.data, dict) else None
        if isinstance(listed, list):
            yield from ((kind, position, rule) for position, rule in enumerate(listed))


def _doubled(document: Document) -> Iterator[Problem]:
    named = (
        ((kind.value, position, "id"), rule.get("id"))
        for kind, position, rule in _written_rules(document)
        if isinstance(rule, dict)
    )
    return document.doubled(named, "each rule needs an ID of its own, in all three lists together")


def _wrong(document: Document, directory: Directory | None) -> Iterator[Problem]:
    """Mistakes in the rules that are well formed; a malformed one must not hide them."""
    for kind, position, written in _written_rules(document):
        at = (kind.value, position)
        model = TimedRule if kind is RuleList.TIMED else EventRule
        rule, _ = document.check(model, written, at)
        if isinstance(rule, EventRule | TimedRule):
            for finding in check_rule(rule, kind, directory):
                yield document.problem((*at, *finding.path), finding.what, finding.hint)
