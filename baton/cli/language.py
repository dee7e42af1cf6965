"""The language in which a command speaks to people: that of `baton.settings.Settings.language`.

It is chosen when the command says the first thing, and holds for the whole command. What programs read
(``--json``), help, and the commands for operations are English.
"""

from __future__ import annotations

import click

from baton.errors import SettingsError
from baton.texts import Language, Texts, texts_in

_CHOSEN = f"{__name__}.chosen"


def spoken() -> Texts:
    """The texts of the command's language; English outside a command."""
    context = click.get_current_context(silent=True)
    if context is None:
        return texts_in(Language.EN)
    if _CHOSEN not in context.meta:
        context.meta[_CHOSEN] = texts_in(_language())
    texts: Texts = context.meta[_CHOSEN]
    return texts


def say(english: str) -> str:
    """The text in the command's language."""
    return spoken()(english)


def several(one: str, several: str, number: int) -> str:
    """What is said of so many things; ``{number}`` in it is replaced."""
    return spoken().several(one, several, number).format(number=f"{number:,}")


def _language() -> Language:
    # Here, because help and a wrong option need no settings.
    from baton.settings import load_settings

    try:
        return load_settings().language
    except SettingsError:  # which is shown when the command reads its settings itself
        return Language.EN
