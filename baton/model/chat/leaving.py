"""The directory changes: what becomes of a chat whose people or line are gone.

Somebody who is gone is away for good. So an open chat goes to others at once, as for anybody who is away.
Other chats go to a colleague who is available, and otherwise wait for the customer: nobody has to act before.

A chat has labels only to be found by them, so a department's label is exchanged for the one that it has now.

Source: section 10 of the design.
"""

from __future__ import annotations

from baton.contract import DirectoryChanged, Status
from baton.model import staffing
from baton.model.chat import hands, queue
from baton.model.chat.lifecycle import Phase
from baton.model.chat.state import ChatState
from baton.model.facts import Facts
from baton.model.labels import in_other_words
from baton.model.settlement import Told


def directory_changed(chat: ChatState, event: DirectoryChanged, facts: Facts, was: Phase) -> Told:
    """Nobody who is gone keeps a chat for which somebody else is there, and no chat waits for nobody."""
    chat.labels = in_other_words(chat.labels, _renamed(event, facts))
    chat.holders = staffing.still_holding(chat, facts)
    holder = chat.pinned_to or chat.reserved_for
    if chat.offer_until is not None and holder is not None and _is_gone(holder, facts):
        hands.end_offer(chat)
    elif (has := holder or chat.assignee) is not None and _is_gone(has, facts):
        _leave(chat, has, facts)
    elif holder is not None and chat.assignee is not None and _is_gone(chat.assignee, facts):
        chat.assignee = holder
    if chat.assignee is not None and not _is_gone(chat.assignee, facts):
        line = staffing.line_of(chat.assignee, facts)
        moves, chat.line = line != chat.line, line
        if moves and not chat.active:
            queue.leave_queue(chat, facts)  # places of the other line may have been free before it came
    elif chat.assignee is None:
        chat.line = staffing.watched_queue(chat.line, facts)
    return ()


def _leave(chat: ChatState, gone: str, facts: Facts) -> None:
    if chat.active and chat.status is Status.OPEN:
        hands.replace(chat, gone, facts)
        return
    if chat.assignee is not None and not _is_gone(chat.assignee, facts):
        reserved = chat.active or chat.reserved_for is not None
        hands.let_go(chat)
        chat.reserved_for = chat.assignee if reserved else None
        return
    if chat.active and chat.status is Status.CLOSED:
        return  # it ends by itself, unless its customer writes once more
    colleague, line = staffing.stand_in(gone, chat, facts)
    if colleague is not None or not chat.active:
        hands.assign(chat, colleague, line, facts, by_hand=False)


def _renamed(event: DirectoryChanged, facts: Facts) -> dict[str, str]:
    """The present labels of departments, by the former ones."""
    present = {asked.key: label for label, asked in facts.departments.items()}
    return {former: present[key] for former, key in event.former_labels.items() if key in present}


def _is_gone(staff: str, facts: Facts) -> bool:
    return facts.person(staff) is None
