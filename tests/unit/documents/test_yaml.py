"""YAML documents: what is read, and how mistakes are reported."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict

from baton.documents import yaml as yamlfile
from baton.documents.yaml import parse_yaml, read_yaml
from baton.errors import DocumentError


class Wheel(BaseModel):
    model_config = ConfigDict(extra="forbid")
    size: int


class Cart(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    colour: Literal["red", "green"] = "red"
    wheels: list[Wheel] = []
    parts: dict[str, Wheel] = {}


def mistakes(text: str) -> str:
    with pytest.raises(DocumentError) as refused:
        parse_yaml(text, "cart.yaml").load(Cart)
    return str(refused.value)


def test_scalars_are_those_of_yaml_1_2_and_json() -> None:
    document = parse_yaml(
        "a: no\nb: 09:00\nc: 2027-01-01\nd: 0o17\ne: 1_000\nf: true\n"
        "g: ~\nh: 1.5\ni: '1'\nj: .inf\nk: 012\nl: 0x1f\n",
        "f",
    )
    assert document.data == {
        "a": "no",
        "b": "09:00",
        "c": "2027-01-01",
        "d": 15,
        "e": 1000,
        "f": True,
        "g": None,
        "h": 1.5,
        "i": "1",
        "j": float("inf"),
        "k": 12,
        "l": 31,
    }


@pytest.mark.parametrize("sign", [">", ">-", "|-"])
def test_a_text_over_several_lines_has_no_signs_but_its_own(sign: str) -> None:
    cart = parse_yaml(f"name: {sign}\n  one\n  two\n\n  three\n", "cart.yaml").load(Cart)

    assert cart.name.split() == ["one", "two", "three"]
    assert cart.name.replace("\n", "").replace(" ", "").isprintable()


def test_keys_are_always_text() -> None:
    assert parse_yaml("330: a\ntrue: b\n", "f").data == {"330": "a", "true": "b"}


def test_each_node_knows_its_line_and_an_unknown_path_that_of_its_ancestor() -> None:
    document = parse_yaml("a:\n  - b: 1\n    c:\n      - 2\n  - d: 3\n", "f")
    assert document.line_of(("a", 0, "c", 0)) == 4
    assert document.line_of(("a", 1)) == 5
    assert document.line_of(("a", 0, "c", "nowhere", 7)) == 3
    assert document.line_of(("nowhere",)) == 1


def test_a_good_document_becomes_a_model() -> None:
    cart = parse_yaml("name: Red\nwheels: [{size: 1}, {size: 2}]\n", "f").load(Cart)
    assert [wheel.size for wheel in cart.wheels] == [1, 2]


def test_every_mistake_is_reported_in_the_order_of_the_lines() -> None:
    said = mistakes("nam: x\ncolour: gren\nwheels:\n  - size: many\n  - sise: 1\n    size: 1\n")
    assert said.splitlines() == [
        "cart.yaml:1: 'name' is missing",
        "    add 'name: …'",
        "cart.yaml:1: unknown field 'nam'",
        "    did you mean name?",
        "cart.yaml:2: colour: 'gren' is not possible here",
        "    did you mean green?",
        "cart.yaml:4: wheels > #1 > size: 'many': should be a valid integer, "
        "unable to parse string as an integer",
        "cart.yaml:5: wheels > #2: unknown field 'sise'",
        "    did you mean size?",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: a\nname: b\n", "cart.yaml:2: 'name' is given twice, first in line 1\n    remove one of them"),
        (
            "name: a\nparts:\n  x: {size: 1, size: 2}\n",
            "cart.yaml:3: parts > x: 'size' is given twice, first in line 3",
        ),
        ("name: a\nwheels: {}\n", "cart.yaml:2: wheels: a list is expected here, not fields"),
        ("name: 5\n", "cart.yaml:1: name: text is expected here, not 5\n    put it in quotes"),
        ("name: [a]\n", "cart.yaml:1: name: text is expected here, not a list"),
        ("name:\n", "cart.yaml:1: name: text is expected here, not nothing"),
        (
            "- a\n",
            "cart.yaml:1: fields are expected here, not a list\n    allowed: name, colour, wheels, parts",
        ),
        (
            "name: a\nparts: {x: 1}\n",
            "cart.yaml:2: parts > x: fields are expected here, not 1\n    allowed: size",
        ),
        ("name: a\nzzzzz: 1\n", "unknown field 'zzzzz'\n    allowed: name, colour, wheels, parts"),
        (
            "name: !secret a\n",
            "cart.yaml:1: the tag '!secret' is not understood\n    write plain YAML, without tags",
        ),
        ("base: &b {size: 1}\nparts:\n  <<: *b\n", "cart.yaml:3: a merge key (<<) is not understood"),
        ("? [a, b]\n: c\nname: a\n", "cart.yaml:1: a key that is not a word is not understood"),
        ("name: !!int abc\n", "cart.yaml:1: 'abc' cannot be read as int\n    put it in quotes if it is text"),
        ("name: a\n  colour: red\n", "cart.yaml:2: this is not YAML: mapping values are not allowed"),
        ("name: [a\n", "this is not YAML: while parsing a flow sequence expected ',' or ']'"),
        ("name: a\n---\nname: b\n", "cart.yaml:2: this is not YAML: expected a single document"),
        ("name: *nobody\n", "cart.yaml:1: this is not YAML: found undefined alias"),
        ("name: \x07\n", "cart.yaml:1: this is not YAML"),
        ("", "cart.yaml:1: the document is empty\n    see the examples in deploy/"),
        ("# nothing\n", "the document is empty"),
    ],
)
def test_a_mistake_says_where_what_and_what_to_do(text: str, said: str) -> None:
    assert said in mistakes(text)


def test_duplicate_keys_do_not_hide_other_mistakes() -> None:
    said = mistakes("name: a\nname: b\ncolour: blue\n")
    assert "given twice" in said
    assert "'blue' is not possible here" in said


def test_aliases_are_followed() -> None:
    document = parse_yaml("a: &x {b: 1}\nc: *x\n", "f")
    assert document.data == {"a": {"b": 1}, "c": {"b": 1}}
    assert document.line_of(("c",)) == 2


def test_a_bomb_of_aliases_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert "the document has more than 200,000 nodes" in mistakes("\n".join(lines))


def test_an_alias_inside_itself_is_refused() -> None:
    assert "the document is nested too deeply" in mistakes("a: &a [*a]\n")


@pytest.mark.parametrize("depth", [100, 5000])
def test_a_very_deep_document_is_refused(depth: int) -> None:
    assert "the document is nested too deeply" in mistakes("[" * depth + "]" * depth)


def test_a_very_large_document_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(yamlfile, "MAX_BYTES", 1024)
    path = tmp_path / "cart.yaml"
    path.write_text("name: " + "x" * 2000)
    with pytest.raises(DocumentError, match="larger than 1 KiB"):
        read_yaml(path)


def test_a_file_that_cannot_be_read_is_a_mistake_in_line_1(tmp_path: Path) -> None:
    path = tmp_path / "cart.yaml"
    with pytest.raises(DocumentError, match=r"cart\.yaml:1: cannot be read: No such file"):
        read_yaml(path)


def test_a_file_that_is_not_text_is_refused_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "cart.yaml"
    path.write_bytes(b"name: a\ncolour: \xff\n")
    with pytest.raises(DocumentError, match=r"cart\.yaml:2: this is not UTF-8 text"):
        read_yaml(path)


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "cart.yaml"
    path.write_bytes(b"\xef\xbb\xbfname: a\n")
    assert read_yaml(path).load(Cart).name == "a"
