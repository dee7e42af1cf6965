"""Why a change of the directory concerns cases, in Russian."""

from __future__ import annotations

import ast

import pytest

from baton.phrases.concerns import FORMS, concern
from baton.settings import CHECKOUT
from baton.texts import Language, texts_in

RU = texts_in(Language.RU)


def reasons() -> list[str]:
    tree = ast.parse((CHECKOUT / "helpdesks/concerned.py").read_text(encoding="utf-8"))
    yielded = (node.value for node in ast.walk(tree) if isinstance(node, ast.Yield))
    return sorted(
        "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in one.values)
        for one in yielded
        if isinstance(one, ast.JoinedStr)
    )


@pytest.mark.parametrize("reason", reasons())
def test_every_reason_has_words(reason: str) -> None:
    # Where two things are put into it at the end, the second is what the composer does.
    assert FORMS.known(reason) or FORMS.known(reason.replace("and x", "and is to write its reply"))


def test_a_reason_is_said_in_russian() -> None:
    assert concern("lena is gone, and has it", RU) == "сотрудника lena больше нет, а обращение за ним"
    assert concern("something new", RU) == "something new"
