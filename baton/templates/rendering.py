"""Texts with places to fill in, in a sandbox of Jinja2.

The author of a text need not be a programmer. A text reads the fields of its context and pipes them through a
few filters, and can do nothing else. There are no methods, no global functions and no files. ``grammar`` says
what it may consist of, and ``work`` how much it may do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from types import TracebackType
from typing import Any

import jinja2
from jinja2 import meta, nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

from baton.templates import grammar
from baton.templates.fault import Fault
from baton.templates.filters import FILTERS, is_there, measured, text_of, together, weighed
from baton.templates.layout import laid_out
from baton.templates.work import Work, bounded, counted, take_characters, take_for
from baton.wording import did_you_mean

_FILE = "<template>"
"""How Jinja2 names a text that does not come from a file, in a traceback."""
_LARGEST = 10**12
"""A letter needs no larger numbers, so a text cannot calculate with them."""

_NOTHING = (
    "something is compared or calculated with here that may be empty\nask first: {% if … %}…{% endif %}"
)


# --- The sandbox --------------------------------------------------------------------------------


class _Unknown(jinja2.StrictUndefined):
    """Something missing: an error as soon as it is used, with a message that suggests what there is."""

    @property
    def _undefined_message(self) -> str:
        name: Any = self._undefined_name
        owner, given = self._undefined_obj, self._undefined_hint
        if given and name is None:  # set by a filter or a loop, such as "first" or "loop.previtem"
            return (
                f"there is no such item: {given[:1].lower()}{given[1:].rstrip('.')}\nask first: {{% if … %}}"
            )
        if given:  # set by the sandbox for what exists but must not be used
            return f"{name!r} cannot be used here\na text has fields and filters only: {{{{ … | upper }}}}"
        if owner is missing:
            return f"there is nothing called {name!r}"
        if owner is None:
            return (
                f"nobody and nothing is here that could have {name!r}\nask first: {{% if … %}}…{{% endif %}}"
            )
        if isinstance(owner, list | tuple) and isinstance(name, int):
            return f"there is no item {name}: the list is shorter\nask first: {{% if … | length > {name} %}}…"
        known = getattr(type(owner), "__slots__", ())
        return f"it has no {name!r}\n{did_you_mean(str(name), known, 'it has no fields')}"


class _Sandbox(ImmutableSandboxedEnvironment):
    # The result of these can be larger than what they get.
    intercepted_binops = frozenset({"*", "**", "%", "+"})

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        # "loop.previtem" of the first turn is undefined, which can be called, too.
        harmless = isinstance(value, jinja2.Undefined) or not callable(value)
        return harmless and super().is_safe_attribute(obj, attr, value)

    def preprocess(self, source: str, name: str | None = None, filename: str | None = None) -> str:
        return laid_out(super().preprocess(source, name, filename))

    def wrap_str_format(self, value: Any) -> Any:
        return None  # a text cannot call it: it is just another method

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "+" and type(left) is type(right) and isinstance(left, str | list | tuple):
            take_for(left)
            take_for(right)
        elif operator == "**" or not (isinstance(left, int | float) and isinstance(right, int | float)):
            if operator == "+":
                raise SecurityError("'+' is for two numbers, or two texts\n'~' puts anything together")
            raise SecurityError(f"{operator!r} is for plain numbers only, and '**' not for any")
        elif max(abs(left), abs(right)) > _LARGEST:
            raise SecurityError(f"the number is too large for {operator!r}")
        return super().call_binop(context, operator, left, right)


@jinja2.pass_context
def _put_out(context: object, value: object) -> str:
    # It takes the context so that Jinja2 does not call it while compiling, when nothing is counted.
    text = text_of(value)
    take_characters(len(text))
    return text


def _sandbox() -> jinja2.Environment:
    sandbox = _Sandbox(
        undefined=_Unknown,
        autoescape=False,
        optimized=False,  # otherwise filters would run while it compiles
        finalize=_put_out,
    )
    sandbox.globals.clear()
    sandbox.filters = {
        **FILTERS,
        grammar.COUNTED: counted,
        grammar.TOGETHER: together,
        grammar.WEIGHED: weighed,
    }
    tests: Mapping[str, Any] = sandbox.tests
    sandbox.tests = {name: measured(test) for name, test in tests.items()}
    # What is empty is not defined for whoever writes a text: both mean that it is not there.
    sandbox.tests |= {"defined": is_there, "undefined": lambda value: not is_there(value)}
    return sandbox


_SANDBOX = _sandbox()


# --- Compiling and rendering --------------------------------------------------------------------


@lru_cache(maxsize=1000)
def compiled(source: str) -> jinja2.Template:
    """The text, ready to be rendered. Raises `Fault` if it cannot be read, or some part is not allowed."""
    try:
        tree = _SANDBOX.parse(source)
        for fault in grammar.refused(tree):
            raise fault
        return _SANDBOX.from_string(grammar.prepared(tree))
    except jinja2.TemplateSyntaxError as error:
        unknown = re.match(r"No filter named '(.*)'", error.message or "")
        hint = (
            did_you_mean(unknown[1], FILTERS) if unknown else "see docs/templates.md for what may stand here"
        )
        raise Fault(error.lineno, (error.message or "this cannot be read").rstrip("."), hint) from None
    except (RecursionError, MemoryError, SyntaxError, ValueError, OverflowError):
        # Python's own limits: of nesting, and of the digits of a number.
        raise Fault(1, "this cannot be read: it is nested too deeply, or a number is too long") from None


def misuses(source: str) -> Iterator[Fault]:
    """Every part of the text that is not allowed, or the one reason why it cannot be read."""
    try:
        compiled(source)
    except Fault as fault:
        found = []
        with suppress(jinja2.TemplateSyntaxError, RecursionError, ValueError):
            found = list(grammar.refused(_SANDBOX.parse(source)))
        yield from found or [fault]


def unknown_names(source: str, known: Iterable[str]) -> Iterator[Fault]:
    """Every name in the text that no context has, even in a branch that no sample reaches."""
    tree = _SANDBOX.parse(source)
    allowed = list(known)
    for name in sorted(meta.find_undeclared_variables(tree) - set(allowed)):
        line = next(node.lineno for node in tree.find_all(nodes.Name) if node.name == name)
        yield Fault(line, f"there is nothing called {name!r}", did_you_mean(name, allowed))


def rendered(
    source: str,
    values: Mapping[str, object],
    limit: int,
    ending: str | None = None,
    work: Work = Work(),  # noqa: B008 – it cannot be changed
) -> str:
    """The text with its places filled in, without white space around it.

    Args:
        limit: how many characters the result may have.
        ending: if given, a longer result is cut so that it fits with this text at its end.
        work: how much may be done.

    Raises `Fault` if that is not possible.
    """
    pieces: list[str] = []
    size = 0
    try:
        with bounded(work):
            for piece in compiled(source).generate(**values):
                pieces.append(piece)
                size += len(piece)
                if size > limit:
                    break
    except Fault:
        raise
    except Exception as error:  # whatever a text causes, the text is wrong
        said = _NOTHING if isinstance(error, TypeError) and "NoneType" in str(error) else str(error)
        what, _, hint = said.partition("\n")
        raise Fault(_line(error.__traceback__), what or type(error).__name__, hint) from error
    text = "".join(pieces).strip()
    if size <= limit:
        return text
    if ending is None:
        raise Fault(1, f"the result has more than {limit:,} characters", "say it in fewer words")
    return text[: limit - len(ending)] + ending


def _line(trace: TracebackType | None) -> int:
    """The line of the text in which an error happened."""
    line = 1
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == _FILE:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
