"""Refusals in Russian: each sentence of a fixed form is known."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from baton.errors import REFUSALS
from baton.phrases.refusals import FORMS, refusal
from baton.settings import CHECKOUT
from baton.texts import Language, texts_in

RU, EN = texts_in(Language.RU), texts_in(Language.EN)
CLOSING = "closing would pass over billing, delivery, asked and not yet answered"


@pytest.mark.parametrize(
    ("english", "said"),
    [
        (
            "chat_ended needs a chat, and there is none: only a message starts one",
            "«чат завершён»: чата нет, его начинает только сообщение",
        ),
        (
            "taken is not possible while the chat is ended · pending; it needs an active chat",
            "«взято в работу»: нельзя, пока чат в состоянии «завершённый · в ожидании»; нужен активный чат",
        ),
        (
            "send_reply is not possible while the ticket is in triage",
            "«отправка сводного ответа»: нельзя на этапе «разбор»",
        ),
        (
            "there is nobody 'ivna' in the directory; did you mean ivan?",
            "сотрудника 'ivna' нет в справочнике; может быть, ivan?",
        ),
        (
            f"{CLOSING}: wait, withdraw them, or force it and say why",
            "нельзя закрыть, пока ждём ответа: billing, delivery. Подождите, снимите вопрос или закройте "
            "принудительно, указав причину",
        ),
        (
            "staff:lena cannot send the reply: maria is to write it, or the dispatcher",
            "сотрудник lena не может отправить сводный ответ: его собирает maria или диспетчер",
        ),
        (
            "there is nobody 'a' in the directory; it has nobody yet\n"
            "there is nobody 'b' in the directory; allowed: c",
            "сотрудника 'a' нет в справочнике; в нём пока никого нет\n"
            "сотрудника 'b' нет в справочнике; есть: c",
        ),
        (
            "chat_ended needs a chat, and there is no living chat chat:sms:43: only a message starts one",
            "«чат завершён»: нужен чат, а незакрытого чата chat:sms:43 нет: его начинает только сообщение",
        ),
        (
            "event 'cli-1': there is nobody 'ivna' in the directory; did you mean ivan?",
            "событие 'cli-1': сотрудника 'ivna' нет в справочнике; может быть, ivan?",
        ),
        ("there is no chat chat:telegram:43", "чата chat:telegram:43 нет"),
    ],
)
def test_a_refusal_is_said_in_russian(english: str, said: str) -> None:
    assert refusal(english, RU) == said
    assert refusal(english, EN) == english


def test_the_type_that_the_timeline_has_before_it_is_for_programs() -> None:
    english = "IllegalTransition: 'billing' is asked already"
    assert refusal(english, RU) == "от направления 'billing' уже ждут ответа"
    assert refusal(english, EN) == english


def test_what_quotes_a_programs_mistake_stays_english() -> None:
    english = "event 'e-1' (taken): author.id: Field required"
    assert refusal(english, RU) == english


# --- Every refusal that the code can give -----------------------------------------------------------

FOR_PROGRAMMERS = {
    "an event is a JSON object with 'kind', 'id' and 'author', not x",
    "an event of x bytes is too large, at most x are allowed: send links",
    "case_id x belongs to x: start the case with another ID, or with none",
    "channel x has a colon: use a name such as 'telegram'",
    "event x: assigned takes a staff or a line, not both",
    "event x: not_to goes with a line: it says which member not to choose",
    "event x: the author of x is of type x",
    "event x: what follows from it has x bytes; at most x are possible: shorten the texts of the template",
    "event x: x does not name a case: give the ID of its workflow, such as 'chat:telegram:42' or "
    "'ticket:T-7'",
    "event x: x is not a note",
    "kind x does not come by the signal x: use 'submit'",
    "kind x is made by Baton itself and is not accepted from outside",
    "kind x; x takes x",
    "no worker has a mail server: set BATON_MAIL_HOST and BATON_MAIL_FROM",
    "nobody has written in it yet",
    "people work in the embedded help desk; to have another, give the workers BATON_DESK_FILE",
    "start argument: x",
    "subscriber x has no secret: what it gets is not signed",
    "template x cannot be applied: its x, x",
    "the argument, in the encoding x, cannot be decoded: x",
    "the workflow ID would have x bytes; at most x are allowed: shorten the x",
    "the cursor is none of this list: give one as it was got from it",
    "there are x arguments: x",
    "there is an API key x already: rotate it, revoke it, or name this one otherwise",
    "there is no API key x: `baton api-key list` lists them",
    "there is no subscriber x; list them with `baton webhooks list`",
    "x takes no argument, and there are x",
}
"""What only whoever writes a program, a template or a mapping can get, or sees to keys and subscribers."""


def refusals_in(path: Path) -> Iterator[str]:
    """The literal refusals in a module. What is put into them stands as ``x``."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in REFUSALS and node.args:
            if isinstance(node.args[0], ast.Constant):
                yield str(node.args[0].value)
            elif isinstance(node.args[0], ast.JoinedStr):
                yield "".join(
                    str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.args[0].values
                )


ROOMS = ("baton/model", "baton/contract", "baton/rules", "baton/templates", "baton/client", "baton/documents")
GIVEN = sorted(
    {
        sentence
        for room in (*ROOMS, "baton/cli", "activities", "helpdesks", "workflows")
        for path in (CHECKOUT / room).rglob("*.py")
        for sentence in refusals_in(path)
    }
)


def known(sentence: str) -> bool:
    """Whether there is a form for the sentence, whatever stands in it."""
    pattern = re.compile(".+".join(map(re.escape, sentence.split("x"))), re.DOTALL)
    return any(pattern.fullmatch(re.sub(r"\{\w+\}", "…", form)) for form in FORMS.english)


def test_the_code_gives_refusals() -> None:
    assert len(GIVEN) > 50


@pytest.mark.parametrize("sentence", GIVEN)
def test_every_refusal_of_what_a_person_does_has_words(sentence: str) -> None:
    assert known(sentence) is (sentence not in FOR_PROGRAMMERS)
