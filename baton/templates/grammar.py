"""Which parts of Jinja2's language a text may use, and what is added to a text so that its work is counted.

A text has fields, filters, ``{% if %}``, ``{% for %}`` and ``{% set name = … %}``. It calls nothing: so it
has no macros and no methods, and no way to reach another text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jinja2 import nodes

from baton.templates.fault import Fault

COUNTED = "counted loop"
TOGETHER = "put together"
WEIGHED = "weighed value"
"""Filters that only `prepared` puts into a text: an author cannot write a name with a space."""
DEEPEST_LOOP = 5
"""How deep loops may be nested."""

_HINT = "a text has fields, filters, {% if %}, {% for %} and {% set name = … %}: see docs/templates.md"
_PARTS: tuple[type[nodes.Node], ...] = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Assign),
    *(nodes.Name, nodes.Const, nodes.Tuple, nodes.List, nodes.Keyword),
    *(nodes.CondExpr, nodes.Filter, nodes.Test, nodes.Getattr, nodes.Getitem, nodes.Slice),
    *(nodes.Concat, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Neg, nodes.Pos),
    *(nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow),
)
"""Everything that a text may consist of."""
_OTHERS: dict[type[nodes.Node], str] = {
    nodes.Macro: "{% macro %}",
    nodes.CallBlock: "{% call %}",
    nodes.Import: "{% import %}",
    nodes.FromImport: "{% from %}",
    nodes.Include: "{% include %}",
    nodes.Extends: "{% extends %}",
    nodes.Block: "{% block %}",
    nodes.FilterBlock: "{% filter %}",
    nodes.AssignBlock: "{% set %} without '='",
    nodes.With: "{% with %}",
    nodes.Scope: "{% autoescape %}",
    nodes.NSRef: "a namespace",
    nodes.Dict: "{key: value}",
}
"""How the parts that are not allowed are written, if an author can write them at all."""


def refused(tree: nodes.Template) -> Iterator[Fault]:
    """Everything in a text that it may not use, in the order of the lines."""
    found = [_fault(node) for node in _all(tree)]
    found += [Fault(node.lineno, *_LOOPS) for node in _too_deep(tree, 0)]
    yield from sorted(filter(None, found), key=lambda fault: fault.line)


_LOOPS = (f"more than {DEEPEST_LOOP} loops inside one another", "use fewer")


def _all(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    if type(node) in _PARTS:  # what is inside a refused part need not be reported as well
        for below in node.iter_child_nodes():
            yield from _all(below)


def _fault(node: nodes.Node) -> Fault | None:
    match node:
        case nodes.Call():
            called = node.node
            named = called.attr if isinstance(called, nodes.Getattr) else getattr(called, "name", "this")
            hint = "a text has fields and filters only: {{ … | upper }}"
            return Fault(node.lineno, f"{named!r} cannot be called", hint)
        case nodes.For(recursive=True):
            return Fault(node.lineno, "a loop cannot be recursive", "write one loop inside the other")
        case nodes.Name(name="self" | "super" | "caller" as name):
            return Fault(node.lineno, f"there is nothing called {name!r}", _HINT)
    if type(node) in _PARTS:
        return None
    written = _OTHERS.get(type(node), type(node).__name__)
    # What Jinja2 puts around a tag has no line of its own.
    line = node.lineno or next((one.lineno for one in node.find_all(nodes.Node) if one.lineno), 1)
    return Fault(line, f"a text cannot have {written}", _HINT)


def _too_deep(node: nodes.Node, depth: int) -> Iterator[nodes.Node]:
    depth += isinstance(node, nodes.For)
    if depth > DEEPEST_LOOP:
        yield node
        return
    for below in node.iter_child_nodes():
        yield from _too_deep(below, depth)


# --- What is put in -----------------------------------------------------------------------------


def prepared(tree: nodes.Template) -> nodes.Template:
    """The text, changed to count its work: turns of loops, and lengths of values that are read."""
    _prepare(tree)
    return tree


def _prepare(node: nodes.Node) -> int:
    """Put the counting into this node and all below it. Returns the number of parts it consists of."""
    parts = 1 + sum([_prepare(below) for below in node.iter_child_nodes()])
    for name in node.fields:
        value = getattr(node, name)
        setattr(node, name, [*map(_together, value)] if isinstance(value, list) else _together(value))
    match node:
        case nodes.For():
            node.iter = _filter(node.iter, COUNTED, nodes.Const(parts, lineno=node.lineno))
        case nodes.Compare() | nodes.Operand():
            node.expr = _filter(node.expr, WEIGHED)
        case nodes.Getitem(arg=nodes.Slice()):
            node.node = _filter(node.node, WEIGHED)
    return parts


def _together(value: Any) -> Any:
    """The filter that replaces the operator ``~``; anything else as it is."""
    if not isinstance(value, nodes.Concat):
        return value
    return _filter(nodes.Tuple(value.nodes, "load", lineno=value.lineno), TOGETHER)


def _filter(node: nodes.Node, name: str, *arguments: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(node, name, list(arguments), [], None, None, lineno=node.lineno)
