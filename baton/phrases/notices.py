"""Why somebody was told, as a sentence: what `baton notices` shows for a notice's reason.

What is kept is a code, such as ``prompt``, or a few English words of a fixed form, such as ``due soon:
billing``. English shows it as it is: rules, filters and programs know it by that. The texts of rules and
templates are their authors', and are shown as they are in every language. Letters are English, and have
sentences of their own: see `helpdesks.outgoing.wording`.
"""

from __future__ import annotations

from baton.phrases.recorded import Forms
from baton.texts import Phrase, Texts, marked

CODES = {
    phrase.english: phrase
    for phrase in (
        Phrase("notice", "new"),
        Phrase("notice", "mine"),
        Phrase("notice", "offered"),
        Phrase("notice", "unanswered"),
        Phrase("notice", "delivery failed"),
        Phrase("notice", "two replied"),
        Phrase("notice", "prompt"),
        Phrase("notice", "assigned"),
        Phrase("notice", "asked"),
        Phrase("notice", "asked again"),
        Phrase("notice", "a late note"),
        Phrase("notice", "closed"),
        Phrase("notice", "the customer wrote"),
        Phrase("notice", "nobody has answered"),
        Phrase("notice", "you write the reply now"),
        Phrase("notice", "nobody is there to write the reply"),
        Phrase("notice", "last to answer: see what the others wrote"),
        Phrase("notice", "recalled: another department is asked"),
        Phrase("notice", "no longer asked"),
        Phrase("notice", "a message was changed"),
        Phrase("notice", "a message was deleted"),
    )
}
"""Reasons without values."""

FORMS = Forms(
    (
        marked("{name} is away"),
        marked("due soon: {label}"),
        marked("overdue: {label}"),
        marked("nobody answers for {labels}"),
        marked("{label} declined: {why}"),
        marked("asked: {label} declined: {why}"),
        marked("asked again: {question}"),
        marked("{case} was merged into this chat"),
        marked("{case} was merged into this chat; asked there: {labels}"),
        marked("{case} was merged into this ticket"),
        marked("{case} was merged into this ticket; asked there: {labels}"),
        marked("{author} has sent the reply"),
        marked("asked: {why}"),
        marked("template {template} applied"),
    )
)
"""Reasons with values."""
_WAITING = "still waiting: "
_PLACES = Forms(
    (
        marked("{number} in New"),
        marked("{number} in Unanswered"),
        marked("{number} in the queue of {line}"),
    )
)


def reason(kept: str, texts: Texts) -> str:
    """Why somebody was told.

    Args:
        kept: the reason as it is in a notice (``NoticeRow.reason``).
    """
    if kept in CODES:
        return texts.of(CODES[kept])
    if kept.startswith(_WAITING):
        places = kept.removeprefix(_WAITING).split(", ")
        return texts("still waiting: {places}").format(
            places=", ".join(_PLACES.said(place, texts) or place for place in places)
        )
    return FORMS.said(kept, texts) or kept
