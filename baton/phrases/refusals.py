"""Why an event was refused, in other languages: the sentences that a refusal can have.

A refusal crosses Temporal, and is kept in histories, as an English sentence; its type is its code. A sentence
is known again by its form. What quotes a program's mistake in detail, such as a field of a payload, is for
whoever wrote that program, and stays English.
"""

from __future__ import annotations

import re

from baton.errors import REFUSALS
from baton.phrases.recorded import Forms
from baton.texts import Language, Texts, marked

HINTS = Forms(
    (
        marked("did you mean {names}?"),
        marked("allowed: {names}"),
        marked("allowed: {names} and {number} more"),
        marked("it has nobody yet"),
        marked("it has none yet"),
        marked("it has none"),
        marked("nobody has one"),
    )
)
"""What to do about a name that nobody knows."""

OPENERS = Forms((marked("only a message starts one"), marked("only {kinds} start one")))
"""What begins a case."""

FORMS = Forms(
    (
        # A chat, or none.
        marked("{kind} needs a chat, and there is none: only a message starts one"),
        marked("{kind}: the chat is ended and closed, which is final; only a message starts another"),
        marked("{kind} is not possible while the chat is {state}; it needs an active chat"),
        marked(
            "{kind}: the chat is ended and closed, and no message {message} to its customer is known, whose "
            "failure would open it again"
        ),
        marked("{kind} needs a chat, and there is no living chat {case}: {what}"),
        marked(
            "there is no living chat {case}, and {kind} starts one only with 'customer', to say whose it is"
        ),
        marked("there is no chat {case}"),
        marked("{action}: there is no chat; only a message starts one"),
        marked("pin: the chat is {state}, and only an active chat can be pinned"),
        marked("pin: {name} does not work with chats"),
        marked("pin: {name} is away"),
        marked("assign: {name} is away, and has no line that could take over"),
        marked("{action}: {field} is empty"),
        marked("{action}: there is nobody {name} among the staff"),
        marked(
            "{place} is closed, so it can open no ticket; a message to the ticket itself opens it: "
            "baton ticket send {ticket}"
        ),
        # A report.
        marked("the period begins at {moment} UTC, which is not before now"),
        # A ticket.
        marked("{kind} needs a ticket, and there is none yet: a message, a template or a label begins it"),
        marked("{kind}: the ticket is closed, which is final; only its customer's message opens it again"),
        marked("{kind}: the ticket {ticket} is closed; only its customer's message opens it again"),
        marked(
            "{kind}: the ticket {ticket} is closed, and no message {message} to its customer is known, whose "
            "failure would open it again"
        ),
        marked("{kind} is not possible while the ticket is in {stage}"),
        marked(
            "{kind} is not possible while the ticket is in {stage}: it was sent. Write a message, or ask a "
            "department again"
        ),
        marked("{kind} needs a ticket, and there is no living ticket {case}: {what}"),
        marked(
            "there is no living ticket {case}, and {kind} starts one only with 'customer', to say whose it is"
        ),
        marked("there is no ticket {case}"),
        marked("{action}: a ticket is neither pinned nor ended; only chats are"),
        marked("there is a ticket {ticket} already, and it belongs to the chat {place}: choose another ID"),
        marked("there is a ticket {ticket} already, and it belongs to no chat: choose another ID"),
        # Departments.
        marked("{label} was never asked: add its label, or apply a template, to ask it"),
        marked("{label} is asked already"),
        marked("{label} is not asked, so it cannot decline"),
        marked("{label} cannot hand the question on to itself"),
        marked("{label} stays declined: name a department that was not asked yet, or remove the label"),
        marked(
            "{label} stays without an answer: name a department that was not asked yet, or remove the label"
        ),
        marked("{name} cannot decline for {label}: only its dispatcher can"),
        marked("{name} cannot decline for {label}: only a member of {again} or the dispatcher can"),
        marked("a ticket asks at most {number} departments"),
        marked(
            "template {template}: all its departments are asked or have answered; one that is to answer once "
            "more is asked again by itself"
        ),
        marked("template {template} cannot be applied: its note says nothing"),
        marked("template {template} names departments that the directory no longer has: {names}"),
        marked("there is no template {template}; {hint}"),
        marked("event {event}: {label} is no longer the label of a department: ask another one"),
        marked("{label} is not the label of a department; {hint}"),
        # The reply, and closing.
        marked("closing would pass over the reply that {name} is to write: send it, or force it and say why"),
        marked(
            "closing would pass over the reply that nobody yet is to write: send it, or force it and say why"
        ),
        marked(
            "closing would pass over {labels}, asked and not yet answered: wait, withdraw them, "
            "or force it and "
            "say why"
        ),
        marked(
            "closing would pass over {labels}, asked and not yet answered ({why}: withdraw or redirect it): "
            "wait, withdraw them, or force it and say why"
        ),
        marked(
            "the reply would pass over {labels}, asked and not yet answered: wait, withdraw them, "
            "or force it "
            "and say why"
        ),
        marked(
            "the reply would pass over {labels}, asked and not yet answered ({why}: withdraw or "
            "redirect it): "
            "wait, withdraw them, or force it and say why"
        ),
        marked("{author} cannot send the reply: {name} is to write it, or the dispatcher"),
        marked("{author} cannot send the reply: nobody is to write it, or the dispatcher"),
        marked("{author} cannot force the reply: only the dispatcher can"),
        marked("only a person can close a ticket by force"),
        marked("event {event}: closing by force needs a reason, which is kept"),
        marked("somebody is to write the reply: assign the ticket to a person or to a line with people"),
        marked("{name} is an account that several people use, and cannot be composer"),
        # Names, and what is too much.
        marked("there is nobody {name} in the directory; {hint}"),
        marked("there is no label {name} in the directory; {hint}"),
        marked("there is no line {name} in the directory; {hint}"),
        marked("there is no department {name} in the directory; {hint}"),
        marked("nobody in the directory has the role {name}; {hint}"),
        marked("the case would have {number} labels; at most {most} are possible"),
        marked(
            "the labels of the case would have {number} bytes together; at most {most} are possible: remove "
            "some first"
        ),
        marked(
            "event {event} ({kind}): the text is empty, and nothing is attached: a message says "
            "something; if "
            "you only report that there is one, leave the text out"
        ),
        marked("event {event}: {own} cannot be merged into itself: name another case"),
        marked("event {event}: there is no case {case}, into which {own} could be merged"),
        marked("merged_into: {case} was itself merged into {own}, which has to go on"),
        marked(
            "the directory is at version {version} by now, and this change is based on version "
            "{old}: look at "
            "the new one and make the change again"
        ),
        # Accounts.
        marked("the account of {name} is disabled: `baton account enable {again}` enables it"),
        marked("{name} has no account: `baton account invite {again}` makes one"),
        marked(
            "{name} has an account with a password already: `baton account reset {again}` "
            "makes an invitation for another password"
        ),
        # Answers that did not come.
        marked(
            "event {event} to {case} was not answered within {time} s. It may have been handled: "
            "send it again "
            "under the same ID. {where}"
        ),
    ),
    hint=HINTS,
    what=OPENERS,
)
_EVENT = re.compile(r"event (?P<event>'.+?'|\".+?\"): (?P<why>.+)", re.DOTALL)
"""Which event it was, before what is wrong about it."""


def refusal(english: str, texts: Texts) -> str:
    """Why an event was refused.

    Args:
        english: the message of a `baton.errors.Refused`, or what the timeline has in ``refused``.
    """
    return "\n".join(_said(line, texts) for line in english.split("\n"))


def _said(english: str, texts: Texts) -> str:
    kind, colon, rest = english.partition(": ")
    if colon and kind in REFUSALS and texts.language is not Language.EN:
        return _said(rest, texts)  # the timeline has the type, too
    if (said := FORMS.said(english, texts)) is not None:
        return said
    if (found := _EVENT.fullmatch(english)) and (why := FORMS.said(found["why"], texts)) is not None:
        return texts("event {event}: {why}").format(event=found["event"], why=why)
    return english
