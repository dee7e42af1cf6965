"""The scalars of YAML 1.2 core: what a text without quotes is.

See https://yaml.org/spec/1.2.2/, section 10.3.2. A date is a text, and so are ``yes`` and ``09:00``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

TEXT = "str"
FOREIGN = "a number of YAML 1.2"
"""What is a number in another version of YAML only. Nobody should take it for a text without a word."""


class _Sort(NamedTuple):
    """One sort of the core's scalars."""

    pattern: re.Pattern[str]
    convert: Callable[[str], object]

    def value(self, text: str) -> object:
        """The value of a text of this sort. Raises ``ValueError`` if it is none, or a number is too large."""
        if not self.pattern.fullmatch(text):
            raise ValueError(text)
        return self.convert(text)


def _integer(text: str) -> int:
    return int(text, {"0x": 16, "0o": 8}.get(text[:2], 10))


def _float(text: str) -> float:
    number = float(text.replace(".inf", "inf").replace(".nan", "nan"))
    if math.isinf(number) and "inf" not in text:
        raise ValueError(text)
    return number


_SORTS: Mapping[str, _Sort] = {
    "null": _Sort(re.compile(r"(?:null|Null|NULL|~)?"), lambda text: None),
    "bool": _Sort(re.compile(r"true|True|TRUE|false|False|FALSE"), lambda text: text.lower() == "true"),
    "int": _Sort(re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"), _integer),
    "float": _Sort(
        re.compile(
            r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
            r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
        ),
        lambda text: _float(text.lower()),
    ),
}

KINDS = frozenset(_SORTS)
"""The core's scalars beside texts, by the names of their tags."""
_FOREIGN = re.compile(
    r"[-+]?(?:0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+"
    r"|[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9_]+)?|\.[0-9][0-9_]*)"
)
"""Numbers in some version of YAML. Those that are no numbers of the core are text there, unnoticed."""


def kind_of(text: str) -> str:
    """What a text without quotes and tag is: one of `KINDS`, `TEXT` or `FOREIGN`."""
    for kind, sort in _SORTS.items():
        if sort.pattern.fullmatch(text):
            return kind
    return FOREIGN if _FOREIGN.fullmatch(text) else TEXT


def value_of(kind: str, text: str) -> object:
    """The text as a scalar of this kind. Raises ``ValueError`` if it is none, or a number is too large."""
    if kind not in KINDS:
        raise ValueError(text)
    return _SORTS[kind].value(text)
