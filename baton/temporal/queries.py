"""The language of Temporal's lists. To write a query, nobody needs to import Temporal's SDK.

A server keeps its lists in SQLite (the development server) or in PostgreSQL (a cluster), and these understand
some of the language differently. What is written here, and every filter that is shown to people, has only
forms that find the same in both, which `tests/e2e/test_visibility.py` proves:

* a Keyword: ``=``, ``IN``, ``IS NULL``, ``IS NOT NULL``; ``!=`` only of what every workflow has;
* a KeywordList: ``IS NULL``, ``IS NOT NULL``; ``=``, but to SQLite upper and lower case are the same;
* a Datetime: ``<`` and ``>=``. In SQLite a time of one's own is never equal to itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from baton.contract import CHAT_WORKFLOW, SEARCH_ATTRIBUTES, TICKET_WORKFLOW
from baton.errors import BatonError

DATABASE_WORKFLOW = "Database"
"""The type of the workflows that are no cases: see ``baton.temporal.binding``."""

_LOST = re.compile(r'["\\\b\n\r\t?]')
"""Signs that do not reach the database as they are. Before all but the last one Temporal writes a backslash,
which SQLite and PostgreSQL then look for, too; the last one it takes for a parameter in PostgreSQL."""
_VALUES = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\"""", re.DOTALL)
_BETWEEN_WORDS = "♡"
"""What Temporal writes between the words of a KeywordList in SQLite."""


def can_be_asked_for(name: str, value: str) -> bool:
    """Whether Temporal finds just what has this value in this search attribute.

    It finds nothing by a double quote or a backslash, and drops apostrophes from both ends. For a KeywordList
    on SQLite a double quote, and in PostgreSQL any question mark, is an error of the database, which clients
    take for one that passes.
    """
    cut = _is_list(name) and _BETWEEN_WORDS in value
    return not (cut or _LOST.search(value)) and value == value.strip("'")


def quoted(value: str) -> str:
    """A value in a query; backslashes and quotes in it are escaped with a backslash."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def equals(name: str, value: str) -> str:
    """The condition that a search attribute has a value; for a KeywordList, that the value is in it.

    For a value that Temporal cannot be asked for (`can_be_asked_for`), the condition is wider: it finds what
    has the value, and others. Whoever lists with it must look at what is found.
    """
    if can_be_asked_for(name, value):
        return f"{name} = {quoted(value)}"
    before = _LOST.split(value)[0].rstrip("'")
    # A list has no other operator than this one.
    if not before or before.startswith("'") or _is_list(name):
        return f"{name} IS NOT NULL"
    return f"{name} STARTS_WITH {quoted(before)}"


def _is_list(name: str) -> bool:
    return SEARCH_ATTRIBUTES.get(name) == "KeywordList"


def one_of(name: str, *values: str) -> str:
    """A condition on a search attribute, without IN: the UI's editor breaks that when it changes it."""
    return "(" + " OR ".join(equals(name, value) for value in values) + ")"


def among(name: str, values: Sequence[str]) -> str:
    """As `one_of`, and shorter: for a link, and for a query that nobody changes in the UI's editor."""
    plain = [quoted(value) for value in values if can_be_asked_for(name, value)]
    conditions = [f"{name} IN ({', '.join(plain)})"] if plain else []
    conditions += [equals(name, value) for value in values if not can_be_asked_for(name, value)]
    return " OR ".join(conditions)


def moment(at: datetime) -> str:
    """A time in a query, without quotation marks."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


OURS = one_of("WorkflowType", CHAT_WORKFLOW, TICKET_WORKFLOW)
LIVING = "CloseTime IS NULL"
"""Running, or paused: a filter with ``ExecutionStatus = 'Running'`` leaves out what is paused."""


def require_askable(query: str) -> None:
    """Refuse a filter that somebody has written if it asks for what Temporal finds by no filter.

    Temporal answers it with nothing found, or with an error of its database. Raises ``BatonError``.
    """
    for match in _VALUES.finditer(query):
        value = re.sub(r"\\(.)", r"\1", match[1] or match[2] or "", flags=re.DOTALL)
        if _LOST.search(value) or value != value.strip("'"):
            raise BatonError(
                f"The filter asks for {value}, and Temporal finds no value with a double quote, a backslash "
                "or a question mark, or with an apostrophe at an end. Ask with STARTS_WITH for what comes "
                "before that sign, or with IS NOT NULL."
            )


def without_bindings(query: str) -> str:
    """The same query, without the workflows that say which database belongs to a task queue.

    Raises as `require_askable`.
    """
    require_askable(query)
    others = f"WorkflowType != {quoted(DATABASE_WORKFLOW)}"
    return f"({query}) AND {others}" if query.strip() else others
