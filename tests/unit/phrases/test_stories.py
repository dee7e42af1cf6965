"""What happened to a case, and who has it, in Russian: each sentence of the model is known."""

from __future__ import annotations

import ast
import base64
import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from baton.contract import (
    Author,
    AuthorType,
    ChatSnapshot,
    TicketSnapshot,
    TimelineEntry,
)
from baton.phrases import names, stories
from baton.phrases.stories import HANDS, PARTS
from baton.settings import CHECKOUT
from baton.signs import unmarked
from baton.texts import Language, texts_in

RU, EN = texts_in(Language.RU), texts_in(Language.EN)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("english", "said"),
    [
        ("", ""),
        (
            "new chat, active · open, assigned to ivan, pinned to ivan, +vip",
            "новый чат, активный · открытое, ответственный ivan, закреплён за ivan, +vip",
        ),
        (
            "collecting, round 1, billing asked, delivery asked, +billing, +delivery",
            "сбор ответов, круг 1, billing: ждём ответа, delivery: ждём ответа, +billing, +delivery",
        ),
        (
            "billing declined (blocks), closed",
            "billing: отказ (нужно решение диспетчера), закрыт",
        ),
        (
            "something that a newer release says, unpinned",
            "something that a newer release says, больше ни за кем не закреплён",
        ),
    ],
)
def test_what_happened_is_said_in_russian(english: str, said: str) -> None:
    assert stories.what_happened(english, RU) == said
    assert stories.what_happened(english, EN) == english


def test_a_line_of_the_timeline_says_which_rules_fired_and_why_something_was_refused() -> None:
    entry = TimelineEntry(at=NOON, event_id="e", kind="agent_message", author="staff:lena", what="unpinned")
    fired = entry.model_copy(update={"rules": ("hand-over", "tell")})
    refused = entry.model_copy(update={"refused": "'billing' is asked already"})

    assert stories.entry(fired, RU) == "больше ни за кем не закреплён (правило hand-over, tell)"
    assert stories.entry(fired, EN) == "unpinned (rule hand-over, tell)"
    assert stories.entry(refused, RU) == "отклонено: от направления 'billing' уже ждут ответа"
    assert (
        stories.cause(fired, RU) == "правило hand-over, tell, событие: сообщение сотрудника, сотрудник lena"
    )
    assert stories.cause(fired, EN) == "rule hand-over, tell, after agent_message by staff:lena"


CHAT = {
    "channel": "telegram",
    "conversation": "42",
    "customer": "c-7",
    "case_id": "c-1",
    "activity": "active",
}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"status": "open", "pinned_to": "ivan"}, "Чат закреплён за ivan."),
        ({"status": "open"}, "Ни за кем: чат в «Новых», его видят все."),
        ({"status": "open", "line": "line-1"}, "Ни за кем: ждёт в очереди линии line-1."),
        (
            {"status": "pending", "reserved_for": "max_1"},
            "Чат зарезервирован за max_1 и закрепится, когда клиент ответит.",
        ),
        ({"status": "pending", "activity": "ended"}, "Чат завершён. Ответственного нет."),
        (
            {"status": "closed", "activity": "ended", "assignee": "ivan"},
            "Чат закрыт. Последний ответственный: ivan.",
        ),
    ],
)
def test_who_has_a_chat_is_said_in_russian(fields: dict[str, Any], said: str) -> None:
    assert stories.holder(ChatSnapshot.model_validate(CHAT | fields), RU) == said


TICKET = {"ticket_id": "T-1", "customer": "c-7", "status": "open", "case_id": "k-1"}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"stage": "triage"}, "Направления не спрошены: кто-то должен посмотреть тикет."),
        (
            {
                "stage": "collecting",
                "departments": [{"label": "billing", "state": "asked", "asked_at": NOON}],
            },
            "Ждём ответа: billing.",
        ),
        ({"stage": "composing", "composer": "maria"}, "Все ответили: сводный ответ собирает maria."),
        ({"stage": "closed", "closed_because": "spam"}, "Тикет закрыт (spam)."),
    ],
)
def test_who_must_act_on_a_ticket_is_said_in_russian(fields: dict[str, Any], said: str) -> None:
    assert stories.acting(TicketSnapshot.model_validate(TICKET | fields), RU) == said


# --- Every sentence that the model has --------------------------------------------------------------


def recorded() -> set[str]:
    """All that the golden histories say has happened."""
    found = set[str]()

    def look(value: Any) -> None:
        if isinstance(value, dict):
            if {"metadata", "data"} <= value.keys() and isinstance(value["data"], str):
                with suppress(ValueError, RecursionError):  # some arguments were not JSON, and were refused
                    look(json.loads(base64.b64decode(value["data"])))
            elif isinstance(what := value.get("what"), str):
                found.add(what)
            value = list(value.values())
        if isinstance(value, list):
            for item in value:
                look(item)

    for path in (CHECKOUT / "tests/replay/golden").rglob("*.json"):
        look(json.loads(path.read_text(encoding="utf-8")))
    return found


def test_all_that_running_cases_have_recorded_is_said_in_russian() -> None:
    parts = {part for what in recorded() for part in what.split(", ") if part and part[0] not in "+-"}

    assert len(parts) > 20
    assert {part for part in parts if stories.what_happened(part, RU) == part} == set()


def sentences_in(function: str, module: str) -> Iterator[str]:
    """The literal sentences in a function of the model. What is put into them stands as ``x``."""
    tree = ast.parse((CHECKOUT / "baton/model" / module).read_text(encoding="utf-8"))
    (found,) = (
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == function
    )
    in_others = {
        id(part) for node in ast.walk(found) if isinstance(node, ast.JoinedStr) for part in node.values
    }
    for node in ast.walk(found):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in in_others:
            yield node.value


WHO = sorted(
    unmarked(sentence)
    for function, module in (("who_has_it", "chat/story.py"), ("who_acts", "ticket/story.py"))
    for sentence in sentences_in(function, module)
    if sentence.endswith(".") and not sentence.startswith("One sentence")
)


@pytest.mark.parametrize("sentence", WHO)
def test_every_sentence_about_who_has_a_case_is_known(sentence: str) -> None:
    endings = (" (x)", ", who declined", ": no answer will come from there", "")
    assert any(
        HANDS.known(sentence.replace("xx.", f"x{one}.").replace("closedx.", f"closed{one}."))
        for one in endings
    )


@pytest.mark.parametrize("module", ["chat/story.py", "ticket/story.py"])
def test_every_part_of_what_happened_is_known(module: str) -> None:
    parts = {one for one in sentences_in("what_happened", module) if " " in one or "x" in one}
    variants = {
        part: [part, part.replace("x x", "offered to x"), part.replace("x xx", "x asked (blocks)")]
        for part in parts
    }

    said = {part for part in parts if part[:1] in "+-" or part.startswith(("What an event", " (blocks)"))}
    assert {
        part for part, ways in variants.items() if part not in said and not any(map(PARTS.known, ways))
    } <= {"offered to", "reserved for"}


def test_authors_are_said_in_russian() -> None:
    author = Author(type=AuthorType.CUSTOMER, id="c-7")
    assert names.author(str(author), RU) == "клиент c-7"
    assert names.author("rule:hand-over", RU) == "rule:hand-over"
