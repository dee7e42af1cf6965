"""A translated document says what the original says, as far as that can be compared without reading it.

Whoever changes the one changes the other. In each section there are as many paragraphs, items and rows, the
same names of commands, settings and events, the same links, and the same examples.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from baton.settings import CHECKOUT

TRANSLATED = {
    "README.md": "README.ru.md",
    "docs/chats.md": "docs/ru/chats.md",
    "docs/tickets.md": "docs/ru/tickets.md",
}
IN_RUSSIAN = {
    "deploy/rules/support-lines.ru.yaml": "deploy/rules/support-lines.yaml",
    **{russian: english for english, russian in TRANSLATED.items()},
}
"""What a translation links to in place of something English."""
OWN_WORDS = {"BATON_LANGUAGE=ru"}
"""What only a translation has to say."""

every_document = pytest.mark.parametrize(("english", "russian"), TRANSLATED.items())


class Section(NamedTuple):
    """What a section has, but its words."""

    level: int
    code: tuple[tuple[str, str], ...]
    """Each block: its language and text, without comments."""
    tables: tuple[tuple[int, int], ...]
    """Rows and columns."""
    paragraphs: int
    items: int
    names: frozenset[str]
    """What stands as code in the text."""
    links: tuple[str, ...]
    bold: int
    """How many phrases stand out."""


def sections(name: str) -> Iterator[Section]:
    text = (CHECKOUT / name).read_text(encoding="utf-8")
    blocks: list[tuple[str, str]] = []

    def keep(found: re.Match[str]) -> str:
        blocks.append((found[1], without_comments(found[2])))
        return f"\n\N{OBJECT REPLACEMENT CHARACTER}{len(blocks) - 1}\n"

    text = re.sub(r"^```(\w+)\n(.*?)^```$", keep, text, flags=re.DOTALL | re.MULTILINE)
    for part in re.split(r"^(?=#)", text, flags=re.MULTILINE)[1:]:
        heading, _, body = part.partition("\n")
        yield section(len(heading) - len(heading.lstrip("#")), body, Path(name), blocks)


def section(level: int, body: str, path: Path, blocks: list[tuple[str, str]]) -> Section:
    rows = re.findall(r"(?:^\|.*\n?)+", body, re.MULTILINE)
    names = {" ".join(one.split()) for one in re.findall(r"`([^`]+)`", body)}
    found = re.split(r"\n\s*\n", body.strip())
    paragraphs = [
        one for one in found if one and one.lstrip()[0] not in "|-1<\N{OBJECT REPLACEMENT CHARACTER}"
    ]
    return Section(
        level=level,
        code=tuple(blocks[int(one)] for one in re.findall("\N{OBJECT REPLACEMENT CHARACTER}([0-9]+)", body)),
        tables=tuple((table.count("\n"), table.partition("\n")[0].count("|") - 1) for table in rows),
        paragraphs=len(paragraphs),
        items=len(re.findall(r"^(?:- |\d+\. )", body, re.MULTILINE)),
        names=frozenset(names - OWN_WORDS),
        links=tuple(sorted(target_of(one, path) for one in re.findall(r"\]\(([^)\s]+)\)", body))),
        bold=len(re.findall(r"\*\*[^*]+\*\*", body)),
    )


def without_comments(code: str) -> str:
    """An example without what is only said in it."""
    return re.sub(r" +# .*$", "", code, flags=re.MULTILINE)


def target_of(link: str, path: Path) -> str:
    """Where a link leads, the translation of a document counting as the document; without a heading."""
    if "://" in link:
        return link
    file = link.partition("#")[0]
    target = os.path.normpath(path.parent / file) if file else str(path)
    return IN_RUSSIAN.get(target, target)


@every_document
def test_a_translation_has_the_sections_of_the_original(english: str, russian: str) -> None:
    assert [one.level for one in sections(russian)] == [one.level for one in sections(english)]


@every_document
def test_each_section_has_what_the_original_has(english: str, russian: str) -> None:
    different = {
        number: {
            field: (getattr(theirs, field), getattr(ours, field))
            for field in Section._fields
            if getattr(theirs, field) != getattr(ours, field)
        }
        for number, (theirs, ours) in enumerate(zip(sections(english), sections(russian), strict=True))
        if theirs != ours
    }
    assert different == {}


@every_document
def test_a_translation_is_russian(english: str, russian: str) -> None:
    """A sentence that was forgotten would have many English words in a row."""
    text = re.sub(
        r"^```.*?^```", "", (CHECKOUT / russian).read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE
    )
    text = re.sub(r"`[^`]*`|\]\([^)]*\)|<!--.*?-->", "", text)
    assert re.findall(r"(?:\b[A-Za-z]+\b[ ,]+){4,}[A-Za-z]+", text) == []


def test_sections_that_differ_are_told_apart() -> None:
    path = Path("README.md")
    one = section(1, "Run `make up`, **now**.\n\n- See [chats](docs/chats.md).\n", path, [])
    same = section(1, "Запустите `make up`, **сейчас**.\n\n- См. [чаты](docs/ru/chats.md).\n", path, [])
    other = section(1, "Запустите `make demo`.\n\nСм. [чаты](docs/ru/tickets.md).\n", path, [])

    assert one == same
    assert [field for field in Section._fields if getattr(one, field) != getattr(other, field)] == [
        *("paragraphs", "items", "names", "links", "bold")
    ]
