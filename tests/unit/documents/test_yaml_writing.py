"""What Baton writes as YAML reads back unchanged, and looks as people would write it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from baton.documents.yaml import parse_yaml
from baton.documents.yamlwriting import write_yaml
from baton.signs import visible
from tests.unit.contract.hostile import HIDDEN

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
    | st.sampled_from(
        ["no", "Null", "~", "1e3", "0x1f", "2026-03-02", "09:00", "- x", "a: b", "a #b", " a", "<<"]
    )
    | st.sampled_from(list(HIDDEN.values()))
)
KEYS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.sampled_from(["y", "=", "1.0"])
DOCUMENTS = st.dictionaries(
    KEYS,
    st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


@given(DOCUMENTS)
def test_what_is_written_is_read_as_it_was(document: dict[str, object]) -> None:
    written = write_yaml(document)
    assert parse_yaml(written, "written").data == document
    assert visible(written) == written


def test_it_looks_as_people_write() -> None:
    document = {"staff": {"ivan": {"name": "Ivan I", "chats": False, "departments": ["a", "no"]}}, "x": {}}
    assert write_yaml(document) == (
        'staff:\n  ivan:\n    name: Ivan I\n    chats: false\n    departments: [a, "no"]\nx: {}\n'
    )


def test_what_occurs_twice_is_written_twice() -> None:
    again = ["a"]
    assert write_yaml({"x": again, "z": again}) == "x: [a]\nz: [a]\n"


def test_a_long_text_stays_in_its_line() -> None:
    assert write_yaml({"x": "so " * 200 + "long"}).count("\n") == 1
