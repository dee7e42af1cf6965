"""English sentences of a fixed form, as they were kept, and the same sentences in another language.

A sentence that is in a history, or in a row, is never written anew. Where it is read it is known again by its
form, such as ``{label} is called {name} now``, and said in another language with the same values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from string import Formatter
from typing import NamedTuple

from baton.phrases import names
from baton.texts import Language, Texts

VALUES: Mapping[str, Callable[[str, Texts], str]] = {
    "kind": names.kind,
    "author": names.author,
    "weekday": names.weekday,
    "state": names.phase,
    "stage": names.stage_of,
    "kinds": names.kinds,
}
"""Values that are codes, by their names in a form, and how they are said."""


class _Form(NamedTuple):
    english: str
    pattern: re.Pattern[str]
    fixed: int
    """How many characters are the same in each such sentence."""


class Forms:
    """The forms of some sentences.

    Args:
        forms: with values in braces, without formats: ``{name}``. Where two fit, that with more fixed
            characters is meant.
        values: values that are themselves sentences, by their names, and the forms of those.
    """

    def __init__(self, forms: Iterable[str], **values: Forms) -> None:
        found = map(_form, forms)
        self._values = values
        self._forms = sorted(found, key=lambda form: form.fixed, reverse=True)

    def said(self, sentence: str, texts: Texts, *, containing: str = "") -> str | None:
        """The sentence in the language of ``texts``; None if it has none of these forms.

        Args:
            containing: only forms with this in it are looked at.
        """
        if texts.language is Language.EN:
            return sentence
        for form in self._forms:
            if containing in form.english and (found := form.pattern.fullmatch(sentence)):
                values = {name: self._value(name, value, texts) for name, value in found.groupdict().items()}
                return texts(form.english).format(**values)
        return None

    def said_in_parts(self, sentence: str, texts: Texts, between: Sequence[str]) -> str:
        """A sentence that is put together of such forms; parts that have none of them are said as they are.

        Args:
            between: what may stand between two parts, the widest gap first.
        """
        gap = next((one for one in between if one in sentence), None)
        said = self.said(sentence, texts, containing=gap or "")
        if said is not None or gap is None:
            return sentence if said is None else said
        return gap.join(self.said_in_parts(part, texts, between) for part in sentence.split(gap))

    @property
    def english(self) -> tuple[str, ...]:
        """The forms themselves."""
        return tuple(form.english for form in self._forms)

    def known(self, sentence: str) -> bool:
        """Whether a sentence has one of these forms."""
        return any(form.pattern.fullmatch(sentence) for form in self._forms)

    def _value(self, name: str, value: str, texts: Texts) -> str:
        if name in self._values:
            return self._values[name].said(value, texts) or value
        return VALUES[name](value, texts) if name in VALUES else value


def _form(english: str) -> _Form:
    parts = list(Formatter().parse(english))
    pattern = "".join(
        re.escape(text) + (f"(?P<{name}>.+?)" if name is not None else "") for text, name, _, _ in parts
    )
    return _Form(english, re.compile(pattern, re.DOTALL), sum(len(text) for text, *_ in parts))
