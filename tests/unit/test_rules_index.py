"""The index says what asking every rule would say."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from baton.chatstate import ChatState
from baton.contract import Activity, Author, AuthorType, ChatEvent, Status
from baton.decision import Facts, Person
from baton.rules.engine import decide
from baton.rules.fields import FIELDS, Field, Sort
from baton.rules.language import RuleFile
from baton.rules.ruleset import RuleSet
from tests.unit.rulekit import NOW, event, facts, fired, holds, rule

STAFF = ("ivan", "petra", "lena")
LINES = ("line-1", "line-2")
LABELS = ("vip", "urgent", "refund")
VALUES: dict[Sort, tuple[str, ...]] = {
    Sort.STAFF: STAFF,
    Sort.LINE: LINES,
    Sort.DEPARTMENT: ("billing", "delivery"),
    Sort.ROLE: ("lead", "expert"),
    Sort.CHANNEL: ("telegram", "web"),
    Sort.LABEL: LABELS,
    Sort.TEXT: ("hello", "Refund", "o"),
}


def ways_to_test(field: Field) -> st.SearchStrategy[Any]:
    """Every way to test a field."""
    if field.sort is Sort.FLAG:
        return st.booleans()
    value = st.sampled_from(field.choices or VALUES[field.sort])
    several = st.lists(value, min_size=1, max_size=3)
    state = st.sampled_from(["is set", "is not set"])
    words: dict[str, Any]
    if field.sort is Sort.TEXT:
        words = {"is": value, "is not": value, "contains": value, "does not contain": value}
    elif field.sort is Sort.LABEL:
        words = {"has": value, "has not": value, "has any of": several, "has none of": several}
    else:
        words = {"is": value, "is not": value, "is one of": several, "is none of": several}
        same = [
            other.name
            for other in FIELDS.values()
            if (other.sort, other.choices) == (field.sort, field.choices) and not other.many
        ]
        if len(same) > 1 and field.sort is not Sort.CHANNEL:
            reference = st.fixed_dictionaries({"field": st.sampled_from(same)})
            words |= {"is": st.one_of(value, reference), "is not": st.one_of(value, reference)}
    chosen = st.sets(st.sampled_from(sorted(words)), min_size=1, max_size=2)
    return st.one_of(
        value,
        state,
        chosen.flatmap(lambda some: st.fixed_dictionaries({word: words[word] for word in sorted(some)})),
    )


def conditions(names: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({name: ways_to_test(FIELDS[name]) for name in names})


FLAT = st.lists(st.sampled_from(sorted(FIELDS)), min_size=1, max_size=3, unique=True).flatmap(conditions)
WHEN = st.recursive(
    FLAT,
    lambda below: st.one_of(
        st.fixed_dictionaries({"all": st.lists(below, min_size=1, max_size=2)}),
        st.fixed_dictionaries({"any": st.lists(below, min_size=1, max_size=2)}),
        st.fixed_dictionaries({"not": below}),
        st.tuples(FLAT, below).map(lambda pair: {**pair[0], "any": [pair[1]]}),
    ),
    max_leaves=4,
)
SOMEBODY = st.sampled_from((None, *STAFF))
WRITER = st.one_of(
    st.just(
        Author(type=AuthorType.CUSTOMER, id="ivan")
    ),  # a customer may well have the ID of a member of staff
    st.sampled_from(STAFF).map(lambda name: Author(type=AuthorType.STAFF, id=name)),
)
CHAT = st.builds(
    ChatState,
    channel=st.sampled_from(["telegram", "web"]),
    conversation=st.just("1"),
    customer=st.just("c"),
    case_id=st.just("case"),
    activity=st.sampled_from(Activity),
    status=st.sampled_from([Status.OPEN, Status.PENDING]),
    assignee=SOMEBODY,
    line=st.sampled_from((None, *LINES)),
    pinned_to=SOMEBODY,
    reserved_for=SOMEBODY,
    labels=st.lists(st.sampled_from(LABELS), unique=True).map(tuple),
    last_author=st.one_of(st.none(), WRITER),
)
STAFF_EVENTS = st.one_of(
    st.builds(
        lambda by, text: event("agent_message", by, text=text),
        st.sampled_from(STAFF),
        st.sampled_from(["", "Hello"]),
    ),
    st.builds(lambda by: event("note_added", by, text="a REFUND"), st.sampled_from(STAFF)),
    st.builds(lambda by: event("taken", by), st.sampled_from(STAFF)),
    st.builds(lambda by, to: event("assigned", by, staff=to), st.sampled_from(STAFF), st.sampled_from(STAFF)),
    st.builds(lambda by, to: event("assigned", by, line=to), st.sampled_from(STAFF), st.sampled_from(LINES)),
    st.builds(
        lambda by, to: event("status_set", by, status=to),
        st.sampled_from(STAFF),
        st.sampled_from(["open", "pending"]),
    ),
    st.builds(
        lambda by, some: event("labels_changed", by, add=some),
        st.sampled_from(STAFF),
        st.lists(st.sampled_from(LABELS)),
    ),
)
EVENT = st.one_of(
    STAFF_EVENTS,
    st.sampled_from(["", "Hello", "my refund"]).map(lambda text: event("customer_message", text=text)),
)
KNOWN = st.fixed_dictionaries(
    {
        name: st.builds(
            Person,
            line=st.sampled_from((None, *LINES)),
            departments=st.lists(st.sampled_from(["billing", "delivery"]), unique=True).map(tuple),
            roles=st.lists(st.sampled_from(["lead", "expert"]), unique=True).map(tuple),
            chats=st.booleans(),
        )
        for name in STAFF
    }
).flatmap(
    lambda everybody: st.sets(st.sampled_from(STAFF)).map(
        lambda gone: {n: p for n, p in everybody.items() if n not in gone}
    )
)
RULES = st.lists(
    st.tuples(st.one_of(st.none(), WHEN), st.booleans(), st.sampled_from([None, *LABELS])), max_size=12
)


def expected(
    listed: list[dict[str, Any]], known: Facts, before: ChatState, case: ChatState, happened: ChatEvent
) -> list[str]:
    """What fires if every rule is asked, in order. The only actions here are labels."""
    names = []
    for one in listed:
        if not holds(one.get("when", {}), before, case, happened, known):
            continue
        names.append(one["id"])
        for action in one["then"]:
            labels = dict.fromkeys(case.labels + tuple(action.get("add labels", ())))
            case = case.model_copy(update={"labels": tuple(labels)})
        if one["stop"]:
            break
    return names


@settings(max_examples=300, deadline=None)
@given(some=RULES, before=CHAT, case=CHAT, happened=EVENT, people=KNOWN)
def test_the_index_finds_what_asking_every_rule_finds(
    some: list[Any], before: ChatState, case: ChatState, happened: ChatEvent, people: dict[str, Person]
) -> None:
    listed = [
        rule(
            f"r{number}",
            when,
            {"add labels": [label]} if label else {"note": "x"},
            stop=stop and number % 4 == 0,
        )
        for number, (when, stop, label) in enumerate(some)
    ]
    rule_set = RuleSet(RuleFile.model_validate({"version": 1, "changed": listed}))
    known = Facts(now=NOW, people=people)
    found = fired(decide(rule_set, known, before, case, happened))
    assert found == expected(listed, known, before, case, happened)
    assert rule_set.may_match(happened.kind) or not found


@settings(max_examples=50, deadline=None)
@given(when=FLAT, before=CHAT, case=CHAT, happened=EVENT)
def test_a_match_is_found_among_many_other_rules(
    when: dict[str, Any], before: ChatState, case: ChatState, happened: ChatEvent
) -> None:
    others = [rule(f"o{number}", {"case.channel": f"channel-{number % 50}"}) for number in range(200)]
    listed = [*others[:150], rule("here", when), *others[150:]]
    rule_set = RuleSet(RuleFile.model_validate({"version": 1, "changed": listed}))
    known = facts()
    assert fired(decide(rule_set, known, before, case, happened)) == expected(
        [rule("here", when, stop=False)], known, before, case, happened
    )
