"""How a chat moves through the table of ``lifecycle``. Each function changes the caller's own copy."""

from __future__ import annotations

from baton.model.chat import hands
from baton.model.chat.lifecycle import Trigger, after
from baton.model.chat.state import ChatState


def move(chat: ChatState, trigger: Trigger, called: str = "") -> None:
    """Move to where the trigger leads. Raises ``IllegalTransition`` if it leads nowhere from here.

    ``called`` is what the refusal says instead of the trigger's name.
    """
    phase = after(chat.phase, trigger, called)
    chat.activity, chat.status = phase.activity, phase.status
    if chat.final:
        hands.let_go(chat)


def end(chat: ChatState, trigger: Trigger, called: str = "") -> None:
    """Move to where the trigger leads; nobody holds the chat any more. Otherwise as `move`."""
    move(chat, trigger, called)
    hands.let_go(chat)
