"""What the proof says of a load that lost, doubled or stalled something: a cluster's checks can fail."""

from __future__ import annotations

import copy
from collections import Counter, defaultdict
from collections.abc import Callable

import pytest

from lab.cluster.figures import Answer, Phase, longest_stall
from lab.cluster.proof import Found, Played, differences

PLAYED = Played(
    chats={"c-1": False},
    tickets={"T-1"},
    accepted=defaultdict(list, {"c-1": ["e-1", "e-2"], "ticket:T-1": ["e-3"]}),
)
FOUND = Found(
    events=Counter([("c-1", "e-1"), ("c-1", "e-2"), ("ticket:T-1", "e-3")]),
    opened=Counter(["c-1", "ticket:T-1"]),
    replies=Counter(["T-1"]),
    prompts=Counter(["T-1"]),
    notices=Counter([("ivan", "case", "new", "12:00")]),
)


def test_a_load_of_which_everything_is_there_has_no_difference() -> None:
    assert differences(PLAYED, FOUND) == []


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda it: it.events.pop(("c-1", "e-2")), "event e-2 of c-1 is 0 times in the help desk"),
        (lambda it: it.events.update([("c-1", "e-2")]), "event e-2 of c-1 is 2 times in the help desk"),
        (lambda it: it.events.update([("c-1", "e-9")]), "nobody sent: event e-9 of c-1"),
        (lambda it: it.opened.update(["c-1"]), "doubled: c-1 has 2 cases"),
        (lambda it: it.replies.update(["T-1"]), "ticket T-1 has 2 replies"),
        (lambda it: it.replies.clear(), "ticket T-1 has 0 replies"),
        (lambda it: it.prompts.update(["T-1"]), "ticket T-1 has 2 prompts"),
        (
            lambda it: it.notices.update([("ivan", "case", "new", "12:00")]),
            "ivan case new 12:00 told 2 times",
        ),
        (lambda it: it.disagreeing.update({"c-1": "tab new / mine"}), "differ: c-1: tab new / mine"),
        (lambda it: it.restless.update({"c-1": "notify, attempt 7"}), "stuck: c-1: notify, attempt 7"),
        (lambda it: it.failed.update({"c-1": "KeyError"}), "workflow task failed: c-1: KeyError"),
        (lambda it: setattr(it, "backlog", 4), "stuck: 4 tasks wait in the queue"),
    ],
)
def test_whatever_is_lost_doubled_or_stuck_is_said(spoil: Callable[[Found], object], said: str) -> None:
    found = copy.deepcopy(FOUND)
    spoil(found)
    (line,) = differences(PLAYED, found)
    assert said in line


def test_the_longest_stall_is_that_within_its_phase() -> None:
    answers = [Answer(at, 0.1) for at in (1.0, 2.0, 5.0, 5.5, 11.0)]
    assert longest_stall(answers, Phase("all", 0.0, 12.0)) == 5.5
    assert longest_stall(answers, Phase("first", 0.0, 5.5)) == 3.0
    assert longest_stall(answers, Phase("nobody was answered", 6.0, 9.0)) == 3.0
