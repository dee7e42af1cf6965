"""In which order a case takes the signals and updates that came together: `workflows.inbox.merged`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baton.contract import Author, AuthorType, NoteAdded
from workflows.inbox import Entry, merged, merged_after_reset

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def entries(written: str) -> list[Entry[NoteAdded]]:
    """From ``s1 s u2``: a signal dated a second after noon, one without a date, an update a second later."""
    return [entry(one[0] == "s", int(one[1:]) if one[1:] else None) for one in written.split()]


def entry(by_signal: bool, second: int | None) -> Entry[NoteAdded]:
    at = None if second is None else NOON + timedelta(seconds=second)
    note = NoteAdded(id="n-1", author=Author(type=AuthorType.STAFF, id="ivan"), at=at, text="Hm.")
    return Entry(note, by_signal=by_signal)


def shown(found: list[Entry[NoteAdded]]) -> str:
    def one(entry: Entry[NoteAdded]) -> str:
        at = entry.event.at
        return ("s" if entry.by_signal else "u") + ("" if at is None else f"{(at - NOON).seconds}")

    return " ".join(map(one, found))


@pytest.mark.parametrize(
    ("came", "order"),
    [
        ("s2 u1", "u1 s2"),
        ("s1 u2", "s1 u2"),
        ("s1 u1", "s1 u1"),
        ("s u", "s u"),
        ("s u1", "s u1"),
        ("s1 u", "s1 u"),
        ("s2 s4 u1 u3 u5", "u1 s2 u3 s4 u5"),
        # Without a date: a signal right behind the one before it, an update right before the next one.
        ("s2 s s6 u3 u u5", "s2 s u3 u u5 s6"),
        ("s4 u u3 u", "u u3 s4 u"),
        # Each kind keeps its own order, whatever the dates say.
        ("s5 s1 u3", "u3 s5 s1"),
        ("s3 u5 u1", "u5 u1 s3"),
    ],
)
def test_signals_and_updates_are_merged_by_date(came: str, order: str) -> None:
    assert shown(merged(entries(came), None)) == order


@pytest.mark.parametrize(
    ("came", "order"),
    [("s6 u4", "s6 u4"), ("s6 u5", "u5 s6"), ("s4 u6", "s4 u6"), ("s6 s9 u4 u7", "s6 u4 u7 s9")],
)
def test_a_date_before_what_was_folded_tells_nothing(came: str, order: str) -> None:
    assert shown(merged(entries(came), NOON + timedelta(seconds=5))) == order


@pytest.mark.parametrize(
    ("came", "order"),
    [("s2 u1", "u1 s2"), ("s1 u1", "u1 s1"), ("s1 u", "u s1"), ("s2 u1 u u3", "u1 u s2 u3")],
)
def test_after_a_reset_an_update_is_first_at_the_same_date(came: str, order: str) -> None:
    assert shown(merged_after_reset(entries(came))) == order


seconds = st.none() | st.integers(0, 5)
anything = st.lists(seconds, max_size=6)


@given(anything, anything, seconds)
def test_none_is_lost_and_each_kind_keeps_its_order(
    signals: list[int | None], updates: list[int | None], last: int | None
) -> None:
    came = [*(entry(True, one) for one in signals), *(entry(False, one) for one in updates)]
    found = merged(came, None if last is None else NOON + timedelta(seconds=last))
    assert [one for one in found if one.by_signal] == came[: len(signals)]
    assert [one for one in found if not one.by_signal] == came[len(signals) :]


@given(st.lists(st.booleans(), max_size=12))
def test_what_its_senders_dated_in_turn_is_in_that_order(by_signal: list[bool]) -> None:
    sent = [entry(one, number) for number, one in enumerate(by_signal)]
    came = sorted(sent, key=lambda one: not one.by_signal)
    assert merged(came, None) == merged_after_reset(came) == sent
