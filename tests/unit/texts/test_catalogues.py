"""The catalogues are what the sources and the translations say. If not: ``python -m docs.texts``."""

from __future__ import annotations

from gettext import GNUTranslations

import pytest
from babel.messages import Catalog

from baton.texts import Language
from docs.texts import (
    TRANSLATED,
    compiled,
    mistakes_in,
    path_of,
    refreshed,
    sources,
    stored,
    texts_of,
    written,
)

every_language = pytest.mark.parametrize("language", TRANSLATED)


@every_language
def test_a_catalogue_has_the_texts_of_the_sources_and_no_others(language: Language) -> None:
    assert path_of(language, "po").read_bytes() == written(refreshed(language))


@every_language
def test_every_text_is_translated_with_the_same_values(language: Language) -> None:
    assert list(mistakes_in(stored(language))) == []


@every_language
def test_what_programs_read_is_what_the_translators_wrote(language: Language) -> None:
    with path_of(language, "mo").open("rb") as file:
        read = texts_of(GNUTranslations(file))

    assert read == compiled(stored(language))


def test_the_sources_have_texts() -> None:
    assert "No chats." in {message.id for message in sources()}


@pytest.mark.parametrize(
    ("english", "translation", "mistake"),
    [
        ("No chats.", "", "not translated"),
        (("{n} chat", "{n} chats"), ("{n} чат", "", "{n} чатов"), "not translated"),
        ("{name} is away", "{staff} нет на месте", "the values are ['name:'], and ['staff:'] in"),
        ("{n:,} more", "ещё {n}", "the values are ['n:,'], and ['n:'] in"),
        (("{n} chat", "{n} chats"), ("{n} чат", "{n} чата", "чатов"), "the values are ['n:'], and [] in"),
        ("  not possible", "не вышло", "does not begin and end with the same blanks"),
    ],
)
def test_a_wrong_translation_is_found(
    english: str | tuple[str, ...], translation: str | tuple[str, ...], mistake: str
) -> None:
    catalogue = Catalog(locale="ru")
    catalogue.add(english, translation)

    (found,) = mistakes_in(catalogue)

    assert found.startswith(
        f"{catalogue[english[0] if isinstance(english, tuple) else english].id!r}: {mistake}"
    )


def test_a_guess_and_a_text_of_before_are_found() -> None:
    catalogue = Catalog(locale="ru")
    catalogue.add("No chats.", "Чатов нет.", flags=["fuzzy"])
    catalogue.obsolete["No cats."] = catalogue["No chats."]

    assert list(mistakes_in(catalogue)) == [
        "'No cats.': no longer in the sources",
        "'No chats.': the translation is a guess",
    ]
