"""What filters are made of, for the proof that servers understand them alike and for the check that nothing
else is used."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from baton.contract import SEARCH_ATTRIBUTES

OF_THE_SERVER: Mapping[str, str] = {
    "WorkflowId": "of every workflow",
    "WorkflowType": "of every workflow",
    "TaskQueue": "of every workflow",
    "ExecutionStatus": "of every workflow",
    "TemporalReportedProblems": "KeywordList",
    "TemporalWorkerDeploymentVersion": "Keyword",
    "StartTime": "time of the server",
    "CloseTime": "time of the server",
}
PROVEN = {
    *(("of every workflow", operator) for operator in ("=", "!=", "IN")),
    *(("time of the server", operator) for operator in ("<", ">=", "IS NULL")),
    *(("Keyword", operator) for operator in ("=", "IN", "IS NULL", "IS NOT NULL", "!= OR IS NULL")),
    *(("KeywordList", operator) for operator in ("=", "IS NULL", "IS NOT NULL", "!= OR IS NULL")),
    *(("Datetime", operator) for operator in ("<", ">=")),
}
"""Kinds of attributes, and operators that find the same in SQLite as in PostgreSQL: those for which
`tests/e2e/test_visibility.py` has an example in ``FORMS``."""

_VALUE = r"'(?:[^'\\]|\\.)*'"
_WITHOUT = re.compile(rf"\((\w+) != {_VALUE} OR \1 IS NULL\)")
_CONDITION = re.compile(
    rf"(\w+) (?:(=|!=|<=|>=|<|>|STARTS_WITH) {_VALUE}|(IN|NOT IN) \({_VALUE}(?:, {_VALUE})*\)"
    r"|(IS NULL|IS NOT NULL))"
)


def forms_in(query: str) -> Iterator[tuple[str, str]]:
    """The kind of attribute and the operator of each condition. Fails at anything else in the query."""
    for name in _WITHOUT.findall(query):
        yield _kind(name), "!= OR IS NULL"
    query = _WITHOUT.sub(" ", query)
    rest = _CONDITION.sub(" ", query)
    assert set(rest.split()) <= {"AND", "OR", "(", ")"} | set(re.findall(r"[()]+", rest)), rest
    for name, *operators in _CONDITION.findall(query):
        (operator,) = filter(None, operators)
        yield _kind(name), operator


def _kind(name: str) -> str:
    return OF_THE_SERVER.get(name) or SEARCH_ATTRIBUTES[name]
