"""Texts are compared as people read them, in the index and in the plain way."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baton.errors import DocumentError
from baton.rules.engine import decide
from baton.rules.texts import as_read
from tests.unit.rules.kit import chat, event, facts, fired, rule, rules, ticket, ticket_event

SAME = [
    ("refund", "REFUND"),
    ("straße", "STRASSE"),
    ("istanbul", "İSTANBUL"),
    ("İSTANBUL", "istanbul"),
    ("i̇stanbul", "ISTANBUL"),
    ("I\u0307stanbul", "istanbul"),
    ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
    ("café", "CAFE\u0301"),
    ("cafe\u0301", "Café"),
    ("йод", "И\u0306ОД"),
    ("한국", "\u1112\u1161\u11ab\u1100\u116e\u11a8"),
    ("ﬁnal", "Final"),
    ("ＲＥＦＵＮＤ", "refund"),
    ("№ 5", "No 5"),
    ("my refund", "my\u00a0refund"),
    ("my refund", "my \n\t refund"),
    ("my\u3000refund", "my refund"),
    ("my\u2028refund", "my refund"),
    ("refund", "re\u00adfund"),
    ("refund", "re\u200bfund\ufeff"),
    ("love ❤", "LOVE ❤\ufe0f"),
]
OTHER = [
    ("cafe", "café"),
    ("й", "и"),
    ("myrefund", "my refund"),
    ("no", "nо"),  # the second has a Cyrillic letter
    ("ı", "i"),
]


@pytest.mark.parametrize(("asked", "text"), SAME)
def test_what_reads_the_same_is_the_same(asked: str, text: str) -> None:
    assert found(asked, text) == ["is", "contains", "contains-more"]


@pytest.mark.parametrize(("asked", "text"), OTHER)
def test_what_reads_differently_is_something_else(asked: str, text: str) -> None:
    assert found(asked, text) == ["is-not", "does-not-contain"]


def found(asked: str, text: str) -> list[str]:
    """Which rules about a message with this text fire."""
    tests: dict[str, Any] = {
        "is": asked,
        "is not": {"is not": asked},
        "contains": {"contains": asked},
        "does not contain": {"does not contain": asked},
    }
    listed = [rule(name.replace(" ", "-"), {"event.text": test}) for name, test in tests.items()]
    whole = fired(
        decide(rules(changed=listed), facts(), chat(), chat(), event("customer_message", text=text))
    )
    longer = [rule("contains-more", {"event.text": {"contains": asked}})]
    said = event("customer_message", text=f"Well, {text} please")
    return whole + fired(decide(rules(changed=longer), facts(), chat(), chat(), said))


@pytest.mark.parametrize("text", [" refund", "refund\n", "\u00a0refund\t"])
def test_blanks_at_the_ends_make_no_other_text(text: str) -> None:
    assert "is" in found("refund", text)


def test_a_blank_in_a_phrase_still_ends_a_word() -> None:
    assert "contains" in found(" vip ", "a\nVIP\u00a0customer")
    assert "contains" not in found(" vip ", "vipers")


def test_the_subject_and_the_template_of_a_ticket_are_texts_too() -> None:
    known = ticket(subject="Ru\u0308ckzahlung  NOW", template="CAFE\u0301")
    listed = [
        rule("subject", {"case.subject": "rückzahlung now"}, cases="tickets"),
        rule("template", {"case.template": {"contains": "café"}}, cases="tickets"),
    ]
    happened = ticket_event("customer_message", text="x")
    assert fired(decide(rules(changed=listed), facts(), known, known, happened)) == ["subject", "template"]


@pytest.mark.parametrize("word", ["is", "is not", "contains", "does not contain"])
@pytest.mark.parametrize("asked", ["\u200b", "\u00ad\ufeff"])
def test_a_phrase_that_nobody_can_read_is_refused(word: str, asked: str) -> None:
    with pytest.raises(DocumentError, match="nothing here that anybody could read"):
        rules(changed=[rule("r", {"event.text": {word: asked}})])


@given(st.text())
def test_the_form_for_comparing_is_final(text: str) -> None:
    once = as_read(text)
    assert as_read(once) == once


@given(st.text(alphabet=st.sampled_from("iIİ\u0307ıéE\u0301ßﬀЙ\u0306 \t\u00a0\u200b한")), st.text())
def test_a_text_reads_like_its_capitals(text: str, other: str) -> None:
    assert as_read(text + other).replace("ı", "i") == as_read((text + other).lower()).replace("ı", "i")
