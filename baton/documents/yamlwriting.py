"""Writes YAML documents as people would: mappings in blocks, lists in one line, quotes where they are needed.

Any reader gets the same data, whichever version of YAML it assumes.
"""

from __future__ import annotations

import io
import re
import sys

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.representer import SafeRepresenter

from baton.signs import escaped

# What every YAML reader, of any version, takes for text without quotes: no numbers, dates or "no".
_PLAIN = re.compile(r"[A-Za-z][\w-]*(?: [\w-]+)*", re.ASCII)
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


class _Representer(SafeRepresenter):
    """Decides how each value is written."""

    def text(self, data: str) -> ScalarNode:
        plain = _PLAIN.fullmatch(data) and data.lower() not in _WORDS
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=None if plain else '"')

    def list_(self, data: list[object]) -> SequenceNode:
        return self.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=True)

    def dict_(self, data: dict[str, object]) -> MappingNode:
        return self.represent_mapping("tag:yaml.org,2002:map", data, flow_style=False)

    def ignore_aliases(self, data: object) -> bool:
        """See base class. A value that occurs twice is written twice."""
        return True


_Representer.add_representer(str, _Representer.text)
_Representer.add_representer(list, _Representer.list_)
_Representer.add_representer(dict, _Representer.dict_)


class _InlineRepresenter(_Representer):
    def mapping(self, data: dict[str, object]) -> MappingNode:
        return self.represent_mapping("tag:yaml.org,2002:map", data, flow_style=True)


_InlineRepresenter.add_representer(dict, _InlineRepresenter.mapping)


def write_yaml(document: object) -> str:
    """A document of plain data, as JSON knows it. Hidden characters are escaped."""
    return _written(document, _Representer)


def inline(value: object) -> str:
    """Such data on one line: ``{name: Ivan, line: chats}``, or a word."""
    # Behind a value that is no mapping and no list, the library ends the document.
    return _written(value, _InlineRepresenter).removesuffix("...\n").rstrip("\n")


def _written(document: object, representer: type[_Representer]) -> str:
    yaml = YAML(typ="safe", pure=True)
    yaml.Representer = representer
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # None by default, and a flag
    yaml.width = sys.maxsize  # a text that is broken into two lines could not be found by its words
    stream = io.StringIO()
    yaml.dump(document, stream)
    # A text with a hidden character is in quotes.
    return escaped(stream.getvalue(), astral="\\U{:08x}")
