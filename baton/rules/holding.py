"""Whether a condition holds: conditions as functions of a scene."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from typing import Any

from baton.rules.conditions import All, AnyOf, Atom, Condition, Not, Op
from baton.rules.field import Sort
from baton.rules.scene import Scene

Predicate = Callable[[Scene], bool]


def predicate(condition: Condition) -> Predicate:
    """The condition as a function."""
    match condition:
        case Atom():
            return _test(condition)
        case All(parts):
            every = tuple(predicate(part) for part in parts)
            return lambda scene: all(holds(scene) for holds in every)
        case AnyOf(parts):
            some = tuple(predicate(part) for part in parts)
            return lambda scene: any(holds(scene) for holds in some)
        case Not(part):
            inner = predicate(part)
            return lambda scene: not inner(scene)


def _test(atom: Atom) -> Predicate:
    read = atom.field.read
    many = atom.field.many
    values = frozenset(atom.values)
    phrases = [value for value in atom.values if isinstance(value, str)]
    match atom.op:
        case Op.ONE_OF if many:
            return lambda scene: not values.isdisjoint(read(scene))
        case Op.NONE_OF if many:
            return lambda scene: values.isdisjoint(read(scene))
        case Op.ONE_OF if atom.field.sort is Sort.TEXT:
            return lambda scene: _text(scene, read(scene)).strip(" ") in values
        case Op.NONE_OF if atom.field.sort is Sort.TEXT:
            return lambda scene: _text(scene, read(scene)).strip(" ") not in values
        case Op.ONE_OF:
            return lambda scene: read(scene) in values
        case Op.NONE_OF:
            return lambda scene: read(scene) not in values
        case Op.SET:
            return lambda scene: read(scene) not in (None, ())
        case Op.UNSET:
            return lambda scene: read(scene) in (None, ())
        case Op.SAME | Op.OTHER:
            assert atom.other is not None
            other, same = atom.other.read, atom.op is Op.SAME
            return lambda scene: (read(scene) == other(scene)) is same
        case Op.CONTAINS:
            return lambda scene: any(value in _text(scene, read(scene)) for value in phrases)
        case Op.LACKS:
            return lambda scene: not any(value in _text(scene, read(scene)) for value in phrases)
        case Op.AT_LEAST | Op.AT_MOST | Op.BETWEEN:
            return _measure(atom.op, read, atom.values)


def _text(scene: Scene, text: str | None) -> str:
    return scene.as_read(text) if text else ""


def _measure(op: Op, read: Callable[[Scene], Any], values: tuple[Any, ...]) -> Predicate:
    """A test of a number or a time of day. Of nothing, it never holds."""
    first, last = values[0], values[-1]

    def holds(scene: Scene) -> bool:
        value = read(scene)
        if value is None:
            return False
        match op:
            case Op.AT_LEAST:
                return bool(value >= first)
            case Op.AT_MOST:
                return bool(value <= first)
            case _:
                inside = (first <= value, value < last or last == time())
                return all(inside) if first < last or last == time() else any(inside)

    return holds
