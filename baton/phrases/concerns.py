"""Why a change of the directory concerns cases, in other languages."""

from __future__ import annotations

from baton.phrases.recorded import Forms
from baton.texts import Texts, marked

FORMS = Forms(
    (
        marked("{name} is gone, and has it"),
        marked("{name} is gone, and is to write its reply"),
        marked("{name} is gone, and wrote its last reply"),
        marked("{name} is gone, and is its dispatcher"),
        marked("{name}, who has it, is in another line"),
        marked("it waits in the queue of {line}, and nobody is left there"),
        marked("it asks {label}, and nobody is left there"),
        marked("it asks {label}, and somebody is there again"),
        marked("{name} is gone, and was told that {label} is overdue"),
        marked("{label} is called {name}"),
    )
)


def concern(english: str, texts: Texts) -> str:
    """Why a change concerns cases, as `baton.desk.api.Concern` has it."""
    return FORMS.said(english, texts) or english
