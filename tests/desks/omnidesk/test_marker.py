"""The marker by which Baton knows what it wrote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesks.omnidesk.marker import has_marker, marked
from helpdesks.omnidesk.wire import plain


@given(text=st.text(), key=st.text(), other=st.text(), visible=st.booleans())
def test_a_marked_text_is_known_by_its_key(text: str, key: str, other: str, visible: bool) -> None:
    written = marked(text, key, visible=visible)
    assert has_marker(written)
    assert has_marker(f"{written}\n ", key)
    assert has_marker(written, other) == (key == other)


@pytest.mark.parametrize("visible", [True, False])
def test_a_marker_survives_markup(visible: bool) -> None:
    written = marked("Hello & welcome", "a key", visible=visible)
    markup = written.replace("&", "&amp;").replace("\n", "<br>")
    assert has_marker(plain(f"<p>{markup}</p>"), "a key")


def test_a_visible_marker_is_one_short_last_line() -> None:
    assert marked("Hello\n", "a key", visible=True) == "Hello\n\n[ref 8fa3aab2fa]"


@pytest.mark.parametrize(
    "text", ["", "Hello", "[ref 12345]", "> [ref 8fa3aab2fa]", "[ref 8fa3aab2fa] said Kim"]
)
def test_other_texts_have_none(text: str) -> None:
    assert not has_marker(text)
