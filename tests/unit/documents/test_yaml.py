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


def test_scalars_are_those_of_yaml_1_2_and_nothing_else() -> None:
    """The table of YAML 1.2.2, section 10.3.2, and what other versions read otherwise."""
    written: dict[str, object] = (
        {"": None, "~": None, "null": None, "NULL": None, "nULL": "nULL"}
        | {"true": True, "True": True, "FALSE": False, "tRUE": "tRUE"}
        | {"yes": "yes", "no": "no", "on": "on", "off": "off", "y": "y", "N": "N"}
        | {"12": 12, "-3": -3, "+7": 7, "012": 12, "0o17": 15, "0x1f": 31}
        | {"1.5": 1.5, ".5": 0.5, "5.": 5.0, "1e3": 1000.0, ".5e3": 500.0, "-1.5E-1": -0.15}
        | {".inf": float("inf"), "-.INF": float("-inf"), ".Nan": ".Nan", "-.nan": "-.nan"}
        | {"09:00": "09:00", "12:30:45": "12:30:45", "190:20:30": "190:20:30"}
        | {"2027-01-01": "2027-01-01", "2027-13-45": "2027-13-45"}
        | {"2001-12-14t21:59:43.10-05:00": "2001-12-14t21:59:43.10-05:00"}
        | {"=": "=", "<<": "<<", "_1": "_1", "0b": "0b", "1.2.3": "1.2.3", "'1'": "1", '"no"': "no"}
    )
    document = parse_yaml("".join(f"- {text}\n" for text in written), "f")

    assert document.problems == []
    assert repr(document.data) == repr(list(written.values()))


def test_not_a_number_is_read_as_such() -> None:
    document = parse_yaml("a: .nan\n", "f")
    assert repr(document.data) == "{'a': nan}"


@pytest.mark.parametrize(
    "number",
    ["1_000", "1_", "1__0.5", "-1_0e3", "0b11", "-0b1", "-0x1f", "+0o7", "0x_1", "0o1_7", ".5_0", "1.0_0"],
)
def test_a_number_of_another_yaml_is_refused(number: str) -> None:
    assert mistakes(f"name: a\n\nsize: {number}\n").splitlines()[:2] == [
        f"cart.yaml:3: '{number}' cannot be read as a number of YAML 1.2",
        "    put it in quotes if it is text, or write 1000",
    ]
    assert parse_yaml(f"name: '{number}'\n", "f").load(Cart).name == number


@pytest.mark.parametrize(("number", "kind"), [("9" * 5000, "int"), ("-1e400", "float")])
def test_a_number_that_is_too_large_is_refused_in_few_words(number: str, kind: str) -> None:
    said = mistakes(f"name: a\nsize: {number}\n")
    assert f"cart.yaml:2: {number[:60]}"[:20] in said.replace("'", "")
    assert f"cannot be read as {kind}" in said
    assert len(said) < 300


@pytest.mark.parametrize(
    ("head", "line", "named"),
    [
        ("%YAML 1.1\n", 1, "%YAML 1.1"),
        ("%YAML 1.3\n", 1, "%YAML 1.3"),
        ("%YAML 2.0\n", 1, "%YAML 2.0"),
        ("%YAML 12.34\n", 1, "%YAML 12.34"),
        ("# Ours.\n\n%YAML 1.1 # as ever\n", 3, "%YAML 1.1"),
        ("# Ours.\r\n%YAML 1.1\r\n", 2, "%YAML 1.1"),
        ("%TAG ! tag:yaml.org,2002:\n", 1, "%TAG ! tag:yaml.org,2002:"),
        ("%YAML 1.2\n%TAG !e! tag:example.com,2000:\n", 2, "%TAG !e! tag:example.com,2000:"),
        ("%YAML 1.2\n%YAML 1.2\n", 2, "%YAML 1.2"),
        ("%yaml 1.1\n", 1, "%yaml"),
        ("%FOO bar\n", 1, "%FOO"),
    ],
)
def test_a_directive_is_refused_by_its_name(head: str, line: int, named: str) -> None:
    said = mistakes(f"{head}---\nname: yes\n")
    assert said.splitlines()[0] == f"cart.yaml:{line}: the directive '{named}' is not understood"
    assert "YAML 1.2" in said


def test_directives_are_refused_together_wherever_they_are() -> None:
    assert mistakes("%YAML 1.1\n%TAG ! x:\n---\nname: a\n").count("is not understood") == 2
    assert "cart.yaml:3: the directive '%YAML 1.1'" in mistakes("name: a\n...\n%YAML 1.1\n---\nname: b\n")


@pytest.mark.parametrize("head", ["", "---\n", "%YAML 1.2\n---\n", "# Ours.\n%YAML 1.2 # the core\n---\n"])
def test_a_document_may_say_that_it_is_yaml_1_2(head: str) -> None:
    assert parse_yaml(f"{head}a: yes\n...\n", "f").data == {"a": "yes"}


def test_no_document_changes_how_the_next_one_is_read() -> None:
    for head in ("%YAML 1.1\n---\n", "%TAG ! x:\n---\n"):
        with pytest.raises(DocumentError):
            parse_yaml(f"{head}a: no\n", "f")
        assert parse_yaml("a: no\nb: 010\nc: !!str 1\n", "f").data == {"a": "no", "b": 10, "c": "1"}


def test_the_tags_of_the_core_hold_for_the_scalars_of_the_core() -> None:
    document = parse_yaml(
        "a: !!str 5\nb: !!int '5'\nc: !!float 5\nd: !!bool TRUE\ne: !!null ''\n"
        "f: !!map {!!str g: !!seq [1]}\nh: !<tag:yaml.org,2002:str> no\ni: !!str\n",
        "f",
    )
    assert document.problems == []
    assert repr(document.data) == (
        "{'a': '5', 'b': 5, 'c': 5.0, 'd': True, 'e': None, 'f': {'g': [1]}, 'h': 'no', 'i': ''}"
    )


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("name: !!bool yes\n", 1, "'yes' cannot be read as bool"),
        ("name:\n  !!bool\n  off\n", 2, "'off' cannot be read as bool"),
        ("name: !<tag:yaml.org,2002:%62ool> yes\n", 1, "'yes' cannot be read as bool"),
        ("name: !!int 1_000\n", 1, "'1_000' cannot be read as int"),
        ("name: !!int 0b11\n", 1, "'0b11' cannot be read as int"),
        ("name: !!float 1:30.5\n", 1, "'1:30.5' cannot be read as float"),
        ("name: !!null nothing\n", 1, "'nothing' cannot be read as null"),
        ("name: !!timestamp 2027-01-01\n", 1, "the tag '!!timestamp' is not understood"),
        ("name: !!binary aGk=\n", 1, "the tag '!!binary' is not understood"),
        ("name: !!python/name:os.system x\n", 1, "the tag '!!python/name:os.system' is not understood"),
        ("name: ! 5\n", 1, "the tag '!' is not understood"),
        ("name: !<bool> true\n", 1, "the tag 'bool' is not understood"),
        ("name: !!map a\n", 1, "the tag '!!map' is not understood"),
        ("!cart\nname: a\n", 1, "the tag '!cart' is not understood"),
        ("!!set {name, colour}\n", 1, "the tag '!!set' is not understood"),
        ("name: a\nwheels: !!omap\n  - size: 1\n", 2, "the tag '!!omap' is not understood"),
        ("name: a\nparts: !x {a: {size: 1}}\n", 2, "the tag '!x' is not understood"),
        ("name: a\nparts: !!seq {a: {size: 1}}\n", 2, "the tag '!!seq' is not understood"),
        ("name: a\n!x colour: red\n", 2, "the tag '!x' is not understood"),
        ("name: a\n!!binary Y29sb3Vy: red\n", 2, "the tag '!!binary' is not understood"),
        ("name: a\nparts: {a: {size: &s !!bool yes}}\n", 2, "'yes' cannot be read as bool"),
        ("name: !e!x a\n", 1, "undefined tag handle '!e!'"),
    ],
)
def test_any_other_tag_is_refused_by_its_name(text: str, line: int, said: str) -> None:
    found = mistakes(text)
    assert f"cart.yaml:{line}: " in found
    assert said in found


def test_a_sign_may_be_written_as_in_json() -> None:
    assert parse_yaml(r'a: "\ud83d\ude00"', "f").data == {"a": "😀"}
    assert "cart.yaml:2: half a sign is written here" in mistakes('name: a\ncolour: "\\ud83d"\n')


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["unix", "windows", "old mac"])
def test_the_ends_of_lines_are_those_of_any_editor(end: str) -> None:
    text = "name: |\n  one\n  two\nparts:\n  a:\n    size: x\n".replace("\n", end)
    document = parse_yaml(text, "f")
    assert document.data == {"name": "one\ntwo\n", "parts": {"a": {"size": "x"}}}
    assert document.line_of(("parts", "a", "size")) == 6
    assert document.line_in_text(("name",), 2) == 3


def test_a_separator_of_lines_inside_of_a_text_is_no_line() -> None:
    document = parse_yaml("a: 'x\u2028y\x85z'\nb: |\n  one\n  two\n", "f")
    assert document.line_in_text(("b",), 2) == 4


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("name: a\nwheels:\n\t- size: 1\n", 3),
        ("name:\ta\n", 1),
        ("name: a\t\n", 1),
        ("name: |\n\ta\n", 2),
    ],
)
def test_a_tab_that_is_no_part_of_a_text_is_refused(text: str, line: int) -> None:
    said = mistakes(text)
    assert f"cart.yaml:{line}: this is not YAML" in said
    assert "put spaces in place of the tab" in said
    assert parse_yaml('a: "\t"\nb: |\n  \tx\n', "f").data == {"a": "\t", "b": "\tx\n"}


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
        ("{name: a}\n--- {name: b}\n", "cart.yaml:2: this is not YAML: expected a single document"),
        ("---\n---\nname: a\n", "cart.yaml:2: this is not YAML: expected a single document"),
        ("parts: {<<: {a: 1}}\nname: a\n", "cart.yaml:1: a merge key (<<) is not understood"),
        ("name: a\n'name': b\n", "cart.yaml:2: 'name' is given twice, first in line 1"),
        ("name: a\n? name\n: b\n", "cart.yaml:2: 'name' is given twice, first in line 1"),
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


def test_an_anchor_may_be_used_again_and_an_alias_has_its_own_line() -> None:
    document = parse_yaml("a: &x 1\nb: &x\n  - 2\nc:\n  - 0\n  - *x\n*x : 3\n", "f")
    assert document.data == {"a": 1, "b": [2], "c": [0, [2]]}
    assert document.line_of(("c", 1)) == 6
    assert [(one.line, one.what) for one in document.problems] == [
        (7, "a key that is not a word is not understood")
    ]
    assert parse_yaml("a: &x b\n*x : c\n", "f").data == {"a": "b", "b": "c"}
    assert "cart.yaml:2: 'name' is given twice" in mistakes("&n name: a\n*n : b\n")


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
