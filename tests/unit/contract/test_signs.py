"""What people wrote reaches a terminal, a log, JSON and Markdown unchanged in meaning, and controls none."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from ruamel.yaml import YAML

from baton.signs import (
    DETAILS_BYTES,
    details,
    escaped,
    hidden_in,
    markdown,
    one_line,
    summary,
    unmarked,
    visible,
    within,
)
from tests.unit.contract.hostile import HIDDEN, RIGHTLY_JOINED, WRONGLY_JOINED, code_point

SIGNS = st.one_of(
    st.characters(exclude_categories=()),
    st.sampled_from(
        [*HIDDEN.values(), *"\u200c\u200d\ufe0f\ud800\n\t\r\v", *"\\`*_~[]<>|&@#!-+/:. ", *"aяw"]
    ),
)
TEXTS = st.text(SIGNS, max_size=40)
HTML = MarkdownIt("commonmark").enable("strikethrough").enable("table")


@pytest.mark.parametrize("sign", HIDDEN.values(), ids=HIDDEN)
def test_a_hidden_sign_is_named_and_shown_as_a_substitute(sign: str) -> None:
    assert hidden_in(f"a{sign}b{sign}") == code_point(sign)
    assert visible(f"a{sign}b") == "a\ufffdb"
    assert json.loads(escaped(json.dumps(sign, ensure_ascii=False))) == sign


def test_lines_stay_lines_and_are_one_where_there_is_one() -> None:
    assert visible("a\n\tb") == "a\n\tb"
    assert one_line("a\n\tb\u2028c\u00a0d") == "a  b c d"


@pytest.mark.parametrize("text", RIGHTLY_JOINED.values(), ids=RIGHTLY_JOINED)
def test_what_makes_a_word_stays(text: str) -> None:
    assert hidden_in(text) == ""
    assert hidden_in(text, word=True) != ""
    assert visible(text) == one_line(text) == markdown(text) == text


@pytest.mark.parametrize("text", WRONGLY_JOINED.values(), ids=WRONGLY_JOINED)
def test_what_only_hides_does_not(text: str) -> None:
    assert hidden_in(text) != ""


@given(TEXTS)
def test_nothing_hidden_is_left_and_the_rest_stays(text: str) -> None:
    seen = visible(text)
    assert len(seen) == len(text)
    assert all(
        unicodedata.category(sign) not in ("Cc", "Cs", "Zl", "Zp") for sign in seen if sign not in "\n\t"
    )
    assert hidden_in(seen.replace("\n", "").replace("\t", "")) == ""
    assert all(one in ("\ufffd", other) for one, other in zip(seen, text, strict=True))
    assert one_line(text) == one_line(one_line(text))
    assert len(one_line(text).splitlines()) <= 1


@given(TEXTS)
def test_json_says_the_same(text: str) -> None:
    shown = escaped(json.dumps({"x": text}, ensure_ascii=False))
    assert visible(shown) == shown
    assert json.loads(shown) == {"x": text}


@given(st.text(SIGNS.filter(lambda sign: not "\ud800" <= sign <= "\udfff"), max_size=20))
def test_yaml_says_the_same(text: str) -> None:
    shown = escaped(json.dumps({"x": text}, ensure_ascii=False), astral="\\U{:08x}")
    assert visible(shown) == shown
    assert YAML(typ="safe", pure=True).load(shown) == {"x": text}


@given(TEXTS)
def test_markdown_shows_the_text_and_nothing_else(text: str) -> None:
    plain = " ".join(one_line(text).split())
    assert unmarked(markdown(text)) == plain
    (_, inline, _) = HTML.parse(f"x {markdown(text)} x")
    assert inline.children is not None
    assert {token.type for token in inline.children} <= {"text", "text_special"}
    assert "".join(token.content for token in inline.children) == " ".join(f"x {plain} x".split(" ")).strip()


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("customer_message by _me_", r"customer_message by \_me\_"),
        ("see https://x.example and www.x.example", r"see https:\//x.example and www\.x.example"),
        ("a@b.example", r"a\@b.example"),
        ("&lt; &#x202e;", r"\&lt; \&#x202e;"),
        ("**a** [b](c) ![d](e) ~~f~~", r"\*\*a\*\* \[b\](c) !\[d\](e) \~\~f\~\~"),
    ],
)
def test_what_markdown_would_read_into_a_text(text: str, written: str) -> None:
    assert markdown(text) == written


# --- What Temporal bounds -----------------------------------------------------------------------


def size(text: str) -> int:
    """Bytes as JSON, in which Temporal gets a summary."""
    return len(json.dumps(text, ensure_ascii=False).encode()) - 2


@given(TEXTS, st.integers(16, 60))
def test_a_text_that_is_cut_has_no_more_bytes_than_it_may_and_no_half_of_an_escape(
    text: str, room: int
) -> None:
    said = within(text, room)
    assert size(said) <= room
    begins = unmarked(said).removesuffix("…")
    assert " ".join(one_line(text).split()).startswith(begins)
    if size(markdown(text)) <= room and len(text) <= room:
        assert said == markdown(text)


def test_a_summary_is_short_enough_or_there_is_none() -> None:
    assert summary("ivan is online") == "ivan is online"
    assert size(summary("𐍈" * 255) or "") <= 180
    assert size(summary("𐍈" * 255, place=130) or "") <= 40
    assert summary("ivan is online", place=400) is None


def test_details_end_at_a_line() -> None:
    assert details(["a", "", "b"]) == "a\n\nb"
    many = details("ж" * 100 for _ in range(1000))
    assert size(many) <= DETAILS_BYTES
    assert many.endswith(f"\n{'ж' * 100}\n…")


@pytest.mark.parametrize("show", [visible, one_line, markdown, escaped])
def test_plain_text_is_shown_as_it_is(show: Callable[[str], str]) -> None:
    text = "Где мой заказ? – “Lena’s” café, 日本語, مرحبا"
    assert show(text) == text
