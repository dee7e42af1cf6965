"""A notice's reason in words."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from baton.phrases.notices import CODES, FORMS, reason
from baton.settings import CHECKOUT
from baton.texts import Language, texts_in

RU, EN = texts_in(Language.RU), texts_in(Language.EN)
TOLD_BY = (
    "tell",
    "tell_all",
    "tell_composer",
    "tell_departments",
    "tell_dispatcher",
    "tell_somebody",
    "comes_back",
)


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ("prompt", "все направления ответили: пора отправить сводный ответ"),
        ("due soon: billing", "скоро срок ответа: billing"),
        ("overdue: billing", "срок ответа истёк: billing"),
        ("lena is away", "сотрудника lena нет на месте"),
        ("nobody answers for billing, delivery", "некому ответить: billing, delivery"),
        ("billing declined: not ours: ask\nothers", "billing: отказ – not ours: ask\nothers"),
        ("asked again", "направление спрашивают повторно"),
        ("asked again: And the fee?", "направление спрашивают повторно: And the fee?"),
        (
            "asked: billing declined: not ours",
            "от направления ждут ответа: billing – отказ, not ours",
        ),
        (
            "chat:telegram:42 was merged into this chat; asked there: billing, delivery",
            "к чату присоединён дубликат chat:telegram:42; там ждали ответа: billing, delivery",
        ),
        (
            "still waiting: 1,200 in the queue of line-1, 2 in New",
            "ещё ждут: в очереди line-1 – 1,200, во вкладке «Новые» – 2",
        ),
    ],
)
def test_a_reason_is_said_in_russian(kept: str, said: str) -> None:
    assert reason(kept, RU) == said


@pytest.mark.parametrize("kept", ["new", "due soon: billing", "still waiting: 2 in New"])
def test_english_shows_a_reason_as_programs_know_it(kept: str) -> None:
    assert reason(kept, EN) == kept


def test_what_a_rule_says_is_shown_as_its_author_wrote_it() -> None:
    assert reason("VIP! Do not let {name} wait.", RU) == "VIP! Do not let {name} wait."


# --- Every reason that the code can give ------------------------------------------------------------


def reasons_in(path: Path) -> Iterator[str]:
    """The literal reasons in a module. What is put into them stands as ``x``."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        given = (
            [keyword.value for keyword in node.keywords if keyword.arg == "reason"] if name == "Tell" else []
        )
        for value in (*given, *(node.args if name in TOLD_BY else ())):
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield value.value
            elif isinstance(value, ast.JoinedStr):
                said = "".join(
                    str(part.value) if isinstance(part, ast.Constant) else "x" for part in value.values
                )
                yield from (said.replace("was x", f"was {one}") for one in ("changed", "deleted"))


GIVEN = sorted(
    {
        kept
        for room in ("baton/model", "activities", "helpdesks")
        for path in (CHECKOUT / room).rglob("*.py")
        for kept in reasons_in(path)
    }
)


def test_the_code_gives_reasons() -> None:
    assert len(GIVEN) > 20


@pytest.mark.parametrize("kept", GIVEN)
def test_every_reason_that_the_code_gives_has_words(kept: str) -> None:
    # An "x" at the end may stand for nothing: the question with which a department is asked again.
    assert any(one in CODES or FORMS.known(one) for one in (kept, kept.removesuffix("x")))
