"""Refreshes the catalogues of translated texts from the sources.

    python -m docs.texts

New texts are added to ``baton/locale/*/LC_MESSAGES/baton.po``, those that are no longer in the sources are
removed, and ``baton.mo``, which the programs read, is compiled. Exits with 1 if something is wrong then, such
as a text that is not translated. A test says if one of these files is not what this makes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path
from string import Formatter
from typing import Any

from babel.messages import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from baton.settings import CHECKOUT
from baton.texts import DOMAIN, FOLDER, Language
from docs.parts.markdown import WIDTH

ROOMS = ("activities", "baton", "gateway", "helpdesks")
"""Where texts for people are."""
METHODS = {".py": "python", ".html": "jinja2"}
KEYWORDS: dict[str, Any] = {
    **DEFAULT_KEYWORDS,
    "say": None,
    "texts": None,
    "marked": None,
    "several": (1, 2),
    "of_kind": ((1, "c"), 2),
    "Phrase": ((1, "c"), 2),
}
"""Whose arguments are texts to translate, as Babel writes it: all of them, one and several, kind and text."""
TRANSLATED = tuple(one for one in Language if one is not Language.EN)
_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
"""Stands for every date, so that the files change with the texts only."""
_ABOUT = """# {name} texts of Baton.
#"""


def path_of(language: Language, ending: str) -> Path:
    """The catalogue of a language: ``po`` or ``mo``."""
    return FOLDER / language.value / "LC_MESSAGES" / f"{DOMAIN}.{ending}"


def sources() -> Catalog:
    """A catalogue of the texts in the sources, without translations."""
    found = Catalog(project="Baton", creation_date=_BEGINNING)
    for path in sorted(path for room in ROOMS for path in (CHECKOUT / room).rglob("*.*")):
        if path.suffix not in METHODS:
            continue
        name = path.relative_to(CHECKOUT).as_posix()
        with path.open("rb") as file:
            for _, text, _, kind in extract(METHODS[path.suffix], file, KEYWORDS):
                found.add(text, locations=[(name, 0)], context=kind)
    return found


def stored(language: Language) -> Catalog:
    """The catalogue as it is in the file; without texts if there is no file."""
    path = path_of(language, "po")
    if not path.exists():
        return Catalog(locale=language.value)
    with path.open("rb") as file:
        return read_po(file, locale=language.value)


def refreshed(language: Language) -> Catalog:
    """The catalogue with the texts of the sources, and the translations that there are."""
    catalogue = stored(language)
    catalogue.update(sources(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.project, catalogue.version, catalogue.fuzzy = "Baton", "1", False
    catalogue.creation_date = catalogue.revision_date = _BEGINNING
    catalogue.last_translator = catalogue.language_team = "The Baton authors"
    catalogue.msgid_bugs_address = "the issues of the project"
    assert catalogue.locale is not None
    catalogue.header_comment = _ABOUT.format(name=catalogue.locale.english_name)
    return catalogue


def written(catalogue: Catalog) -> bytes:
    """The catalogue as a file, always the same for the same texts."""
    file = BytesIO()
    write_po(file, catalogue, width=WIDTH, sort_output=True, ignore_obsolete=True, include_lineno=False)
    # Another release of Babel would change this line only.
    lines = file.getvalue().splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith(b'"Generated-By: '))


def compiled(catalogue: Catalog) -> dict[Any, str]:
    """What a program reads of the catalogue."""
    file = BytesIO()
    write_mo(file, catalogue)
    file.seek(0)
    return texts_of(GNUTranslations(file))


def texts_of(catalogue: GNUTranslations) -> dict[Any, str]:
    """All texts of a compiled catalogue but its header."""
    # There is no other way to list them.
    return {key: text for key, text in vars(catalogue)["_catalog"].items() if key}


def mistakes_in(catalogue: Catalog) -> Iterator[str]:
    """What is wrong in a catalogue: for each text its beginning, and what is wrong."""
    yield from (f"{key!r}: no longer in the sources" for key in catalogue.obsolete)
    for message in catalogue:
        if message.id:
            yield from (f"{message.id!r}: {what}" for what in _mistakes(message))


def _mistakes(message: Message) -> Iterator[str]:
    if message.fuzzy:
        yield "the translation is a guess"
    english, forms = _forms(message.id), _forms(message.string)
    if not all(forms):
        yield "not translated"
        return
    allowed = [_values(one) for one in english]
    for form in forms:
        if _values(form) not in allowed:
            yield f"the values are {sorted(allowed[-1])}, and {sorted(_values(form))} in {form!r}"
    if {_margins(form) for form in forms} - {_margins(one) for one in english}:
        yield "does not begin and end with the same blanks as the English text"


def _margins(text: str) -> tuple[int, int]:
    """How many blanks are before and behind a text."""
    return len(text) - len(text.lstrip()), len(text) - len(text.rstrip())


def _forms(text: str | Sequence[str] | None) -> list[str]:
    """A text, or what is said of one and of several."""
    return [text or ""] if text is None or isinstance(text, str) else list(text)


def _values(text: str) -> set[str]:
    """The names of the values in a text, with their formats."""
    return {f"{name}:{shape}" for _, name, shape, _ in Formatter().parse(text) if name is not None}


def main() -> None:
    wrong = 0
    for language in TRANSLATED:
        catalogue = refreshed(language)
        po, mo = path_of(language, "po"), path_of(language, "mo")
        po.parent.mkdir(parents=True, exist_ok=True)
        new = written(catalogue)
        if not po.exists() or po.read_bytes() != new:
            po.write_bytes(new)
            print(f"written: {po.relative_to(CHECKOUT)}")
        with mo.open("wb") as file:
            write_mo(file, catalogue)
        for line in mistakes_in(catalogue):
            wrong += 1
            print(f"{po.relative_to(CHECKOUT)}: {line}", file=sys.stderr)
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
