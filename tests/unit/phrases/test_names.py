"""Every name of the contract has words."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import pytest

from baton.contract import (
    CHAT_KINDS,
    INTERNAL_KINDS,
    TICKET_KINDS,
    Activity,
    AuthorType,
    DepartmentState,
    Presence,
    Status,
    Tab,
    TicketStage,
)
from baton.model.chat.lifecycle import Phase
from baton.phrases import names
from baton.texts import Language, Phrase, texts_in

RU, EN = texts_in(Language.RU), texts_in(Language.EN)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (names.TABS, Tab),
        (names.ACTIVITIES, Activity),
        (names.STATUSES, Status),
        (names.STAGES, TicketStage),
        (names.DEPARTMENT_STATES, DepartmentState),
        (names.PRESENCES, Presence),
        (names.AUTHORS, AuthorType),
    ],
)
def test_every_name_has_a_word_which_in_english_is_the_name(
    words: Mapping[StrEnum, Phrase], named: type[StrEnum]
) -> None:
    assert list(words) == list(named)
    for name, phrase in words.items():
        assert EN.of(phrase).removesuffix(":{id}").replace(" ", "_") == name.value
        assert RU.of(phrase) != EN.of(phrase)


def test_every_kind_of_event_has_a_word() -> None:
    assert names.KINDS.keys() == CHAT_KINDS | TICKET_KINDS | INTERNAL_KINDS
    assert {names.kind(kind, EN) for kind in names.KINDS} == names.KINDS.keys()
    assert len({names.kind(kind, RU) for kind in names.KINDS}) == len(names.KINDS)
    assert names.kind("of_a_newer_release", RU) == "of_a_newer_release"


def test_the_words_are_those_of_the_sources() -> None:
    assert [RU.of(phrase) for phrase in names.STATUSES.values()] == ["открытое", "в ожидании", "закрытое"]
    assert [RU.of(names.TABS[tab]) for tab in (Tab.NEW, Tab.MINE)] == ["Новые", "Мои"]


@pytest.mark.parametrize("phase", list(Phase))
def test_a_phase_is_said_as_the_model_says_it(phase: Phase) -> None:
    assert names.state(phase.activity, phase.status, EN) == phase.value
    assert names.phase(phase.value, RU) == (
        phase.value if phase is Phase.NONE else names.state(phase.activity, phase.status, RU)
    )


def test_a_closed_ticket_is_closed_whichever_of_the_two_says_so() -> None:
    assert names.stage(TicketStage.CLOSED, Status.CLOSED, EN) == "closed"
    assert names.stage(TicketStage.COLLECTING, Status.OPEN, EN) == "collecting · open"
    assert names.stage(TicketStage.COLLECTING, Status.OPEN, RU) == "сбор ответов · открытое"
    assert names.stage(None, None, EN) == "none · –"
