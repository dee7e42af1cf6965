"""The texts that people read, in their language: a catalogue for each, and how to choose one.

The sources are English, and each English text is the key of its translations. Which language is spoken is
always an argument, or chosen where a command or a request comes in: nothing here remembers it. Workflows, the
model and activities never translate. What they write is kept, and is put into words of a language where it
is read: see ``baton.phrases``.

    texts = texts_in(Language.RU)
    texts("No chats.")
    texts.several("{number} chat", "{number} chats", 3).format(number=3)
    texts.of(STATUSES[Status.OPEN])

The catalogues are in ``baton/locale``; ``python -m docs.texts`` refreshes them from the sources. It finds the
texts that are given to ``texts``, ``say``, ``several``, ``of_kind``, ``marked`` and ``Phrase``: as they are,
not put together. A text with values has them by name, and gets them by ``format``.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from gettext import NullTranslations, translation
from pathlib import Path
from typing import NamedTuple

DOMAIN = "baton"
FOLDER = Path(__file__).resolve().parent.parent / "locale"
"""Where the catalogues are: ``ru/LC_MESSAGES/baton.po``, and ``baton.mo``, which is read."""


class Language(StrEnum):
    """A language that Baton speaks."""

    EN = "en"
    RU = "ru"


class Phrase(NamedTuple):
    """A text that is translated where it is read. ``kind`` tells words apart that are the same in English."""

    kind: str
    english: str


def marked(english: str) -> str:
    """The text as it is. It will be translated where it is read, so it belongs in the catalogues."""
    return english


class Texts:
    """The texts of one language. Make it with `texts_in`."""

    def __init__(self, language: Language, catalogue: NullTranslations) -> None:
        self.language = language
        self._catalogue = catalogue

    def __call__(self, english: str) -> str:
        """The translation of a text; the text itself if there is none."""
        return self._catalogue.gettext(english) if english else ""

    def of(self, phrase: Phrase) -> str:
        """The translation of a phrase."""
        return self.of_kind(*phrase)

    def of_kind(self, kind: str, english: str) -> str:
        """The translation of a text of this kind."""
        return self._catalogue.pgettext(kind, english)

    def several(self, one: str, several: str, number: int) -> str:
        """What is said of so many things, in the form that the number asks for."""
        return self._catalogue.ngettext(one, several, number)


@cache
def texts_in(language: Language) -> Texts:
    """The texts of a language."""
    catalogue = (
        NullTranslations()
        if language is Language.EN
        else translation(DOMAIN, FOLDER, languages=[language.value])
    )
    return Texts(language, catalogue)


# --- Which language ---------------------------------------------------------------------------------


def of_browser(accepted: str | None, otherwise: Language) -> Language:
    """The language that somebody prefers of those that Baton speaks.

    Args:
        accepted: the header ``Accept-Language``, such as ``ru-RU,ru;q=0.9,en;q=0.8``. Whatever in it is not
            understood is passed over.
        otherwise: the answer if none of ours is in it, or any will do.
    """
    best, most = otherwise, 0.0
    for item in (accepted or "").split(","):
        tag, _, weight = item.partition(";")
        language, much = _spoken(tag), _weight(weight)
        if language is not None and much > most:
            best, most = language, much
    return best


def _weight(written: str) -> float:
    name, _, value = written.partition("=")
    if not written.strip():
        return 1.0
    try:
        much = float(value)
    except ValueError:
        return 0.0
    return much if name.strip().lower() == "q" and 0 <= much <= 1 else 0.0


LOCALE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
"""What POSIX asks for the language of messages, in this order."""


def of_locale(environment: Mapping[str, str]) -> Language:
    """The language of the first of `LOCALE_VARIABLES` that is set; English if Baton does not speak it."""
    locale = next((environment[name] for name in LOCALE_VARIABLES if environment.get(name)), "")
    return _spoken(locale.partition(".")[0].partition("@")[0]) or Language.EN


def _spoken(tag: str) -> Language | None:
    """The language of a tag such as ``ru``, ``ru-RU`` or ``ru_RU``, if Baton speaks it."""
    name = tag.strip().lower().replace("_", "-").partition("-")[0]
    return next((one for one in Language if one.value == name), None)
