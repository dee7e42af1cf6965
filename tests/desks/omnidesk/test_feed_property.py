"""Whatever happens at Omnidesk, and whenever and in how small steps it is read: each event is heard once."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from helpdesks.omnidesk.cursor import MOST_LATER, MOST_READ, MOST_TOLD, Cursor
from helpdesks.omnidesk.desk import OmnideskDesk
from helpdesks.outside.adapter import HeardThere
from helpdesks.outside.remembering import mark, newest
from tests.desks.omnidesk.account import IVAN, KIM, OWN, VIP, Account
from tests.desks.omnidesk.reader import Reader
from tests.desks.omnidesk.server import OmnideskServer

CUSTOMERS = 2
things = st.one_of(
    st.tuples(st.just("customer"), st.integers(0, CUSTOMERS - 1)),
    st.tuples(st.sampled_from(["agent", "note", "own"]), st.integers(0, CUSTOMERS - 1)),
    st.tuples(st.just("status"), st.integers(0, CUSTOMERS - 1), st.sampled_from(["open", "waiting"])),
    st.tuples(st.just("staff"), st.integers(0, CUSTOMERS - 1), st.sampled_from([0, KIM, IVAN])),
    st.tuples(st.just("label"), st.integers(0, CUSTOMERS - 1), st.booleans()),
    st.tuples(st.just("time"), st.sampled_from([1, 1, 2, 30, 90])),
    st.tuples(st.just("read"), st.integers(1, 3), st.booleans()),
    st.just(("read", 1, False)),
)


def happen(account: Account, cases: dict[int, int], text: str, thing: tuple[Any, ...]) -> None:
    """Let one thing happen at the desk."""
    what, *rest = thing
    case = cases.get(rest[0], 0)
    match what:
        case "customer":
            cases[rest[0]] = account.customer_writes(text, to=case, user=100 + rest[0])
        case "time":
            account.pass_time(rest[0])
        case _ if not case:
            pass
        case "agent":
            account.staff_writes(case, KIM, text)
        case "note":
            account.note(case, IVAN, text)
        case "own":
            account.note(case, OWN, text)
        case "status":
            account.change(case, "staff_332", status=rest[1])
        case "staff":
            account.change(case, "staff_331", staff_id=rest[1])
        case "label":
            account.change(case, "staff_330", **{"add_labels" if rest[1] else "delete_labels": [VIP]})


def by_case(heard: Sequence[HeardThere]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for one in heard:
        if one.event is not None:
            found[one.desk_id].append(one.event.id)
    return found


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(story=[("customer", 0), ("read", 9, True), ("customer", 0)])
@example(story=[("customer", 0), ("time", 90), ("customer", 1), ("read", 1, False), ("customer", 0)])
@example(
    story=[("customer", 0), ("time", 90), ("customer", 1), ("time", 90), ("customer", 0), ("read", 1, False)]
)
@given(story=st.lists(things, max_size=25))
async def test_at_any_cuts_each_event_is_heard_once_and_each_case_in_order(
    running: OmnideskServer, desk: OmnideskDesk, story: list[tuple[Any, ...]]
) -> None:
    running.begin()
    account = running.account
    often, once = await Reader.begin(desk), await Reader.begin(desk)
    cases: dict[int, int] = {}
    for number, thing in enumerate(story):
        if thing[0] == "read":
            await (often.rest if thing[2] else often.step)(thing[1])
        else:
            happen(account, cases, str(number), thing)
    await often.rest(2)
    await once.rest()
    at = {one.event.id: one.event.at for one in once.heard if one.event and one.event.at}
    assert sorted(itertools.chain(*by_case(often.heard).values())) == sorted(at)
    for ids in by_case(often.heard).values():
        assert all(at[before] <= at[after] for before, after in itertools.pairwise(ids))
    assert await often.rest() == []


def test_a_cursor_is_never_too_long() -> None:
    crowd = [mark(str(number)) for number in range(1000)]
    cursor = Cursor(
        floor=10**10,
        since=10**10,
        read=newest(crowd, MOST_READ),
        told=newest(crowd, MOST_TOLD),
        later=tuple((str(10**11 + number), 10**10) for number in range(MOST_LATER)),
        presences="o" * 200,
        presences_at=10**10,
    )
    assert len(str(cursor)) <= 2000
    assert Cursor.parse(str(cursor)) == cursor
