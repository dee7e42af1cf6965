"""What a text may consist of, and how much work it may do: anything beyond is refused before it is done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from baton.templates import rendering
from baton.templates.checks import check_draft
from baton.templates.fault import Fault
from baton.templates.rendering import compiled, misuses, rendered
from baton.templates.work import Work

VALUES: Mapping[str, object] = {
    "word": "abcdefghij",
    "words": ("one", "two", "three"),
    "lines": "a\nb\nc",
    "at": datetime(2026, 12, 7, 10, 0, tzinfo=UTC),
    "ten": 10,
}
LITTLE = Work(steps=300, characters=300)
NESTED = "{% set x = [words, words, words] %}{% set x = [x, x, x] %}"
"""A list that stands for more than it has."""


def text(source: str, work: Work = LITTLE) -> str:
    return rendered(source, VALUES, 10_000, work=work)


def fault(source: str, work: Work = LITTLE) -> Fault:
    with pytest.raises(Fault) as wrong:
        text(source, work)
    return wrong.value


# --- The grammar --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("{% macro m() %}{% endmacro %}", "a text cannot have {% macro %}"),
        ("{% call m() %}{% endcall %}", "a text cannot have {% call %}"),
        ("{% import 'x' as y %}", "a text cannot have {% import %}"),
        ("{% from 'x' import y %}", "a text cannot have {% from %}"),
        ("{% include 'x' %}", "a text cannot have {% include %}"),
        ("{% extends 'x' %}", "a text cannot have {% extends %}"),
        ("{% block b %}{% endblock %}", "a text cannot have {% block %}"),
        ("{% filter upper %}x{% endfilter %}", "a text cannot have {% filter %}"),
        ("{% set x %}y{% endset %}", "a text cannot have {% set %} without '='"),
        ("{% with x = 1 %}{% endwith %}", "a text cannot have {% with %}"),
        ("{% autoescape true %}x{% endautoescape %}", "a text cannot have {% autoescape %}"),
        ("{% set n.x = 1 %}", "a text cannot have a namespace"),
        ("{{ {'a': 1} }}", "a text cannot have {key: value}"),
        ("{% for x in words recursive %}{% endfor %}", "a loop cannot be recursive"),
        ("{{ word.upper() }}", "'upper' cannot be called"),
        ("{{ '{}'.format(word) }}", "'format' cannot be called"),
        ("{{ word.format_map(words) }}", "'format_map' cannot be called"),
        ("{{ range(3) }}", "'range' cannot be called"),
        ("{{ words[0]() }}", "'this' cannot be called"),
        ("{% for x in words %}{{ loop.cycle(1, 2) }}{% endfor %}", "'cycle' cannot be called"),
        ("{% if word is callable() and word.x() %}{% endif %}", "'x' cannot be called"),
        ("{{ words | map(attribute=word.lower()) | join }}", "'lower' cannot be called"),
        ("{{ self }}", "there is nothing called 'self'"),
        ("{% break %}", "Encountered unknown tag 'break'"),
        ("{% do word %}", "Encountered unknown tag 'do'"),
    ],
)
def test_what_no_text_may_have_is_refused_with_its_line(source: str, what: str) -> None:
    with pytest.raises(Fault) as wrong:
        compiled("fine\n" + source)
    assert wrong.value.what.startswith(what)
    assert wrong.value.line == 2
    assert wrong.value.hint


def test_all_of_it_is_said_at_once() -> None:
    source = "{% set x %}{% endset %}\n{{ word.upper() }}\n{% include 'x' %}"
    assert [(one.line, one.what) for one in misuses(source)] == [
        (1, "a text cannot have {% set %} without '='"),
        (2, "'upper' cannot be called"),
        (3, "a text cannot have {% include %}"),
    ]
    found = check_draft(("draft",), source, ("billing",), None)
    assert [one.line for one in found] == [1, 2, 3]


def test_so_many_loops_may_stand_in_each_other() -> None:
    deep = "{% for x in words %}" * 6 + "{% endfor %}" * 6
    assert fault(deep).what == "more than 5 loops inside one another"
    assert text("{% for x in words %}" * 2 + "{{ x }} " + "{% endfor %}" * 2, Work()).count("two") == 3


def test_a_text_that_python_itself_cannot_read_is_a_fault() -> None:
    assert "a number is too long" in fault("{{ " + "1" * 5000 + " }}").what


def test_what_a_text_may_have_does_what_it_did() -> None:
    source = (
        "{% set greeting = 'Hi ' ~ word[:3] ~ '!' %}{{ greeting }}"
        "{% for one in words if one != 'two' %}{{ loop.index }}/{{ loop.length }} {{ one | upper }}"
        "{% if not loop.last %}, {% endif %}{% else %}none{% endfor %}"
        "{{ ' x' if ten > 9 and 'one' in words else ' y' }}{{ (ten + 5) * 2 - 3 // 2 }}"
        "{{ missing | default(' -') }}{{ words | map('title') | join('+') }}{{ 'a' + 'b' }}"
        "{{ words is defined }}{{ (('x',) + words) | length }}{% raw %}{{ }}{% endraw %}"
    )
    expected = "Hi abc!1/2 ONE, 2/2 THREE x29 -One+Two+ThreeabTrue4{{ }}"
    assert text(source, Work()) == expected


# --- The work -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "{{ word | indent(400) }}",
        "{{ lines | indent(80) }}",
        "{{ lines | indent(width=word * 1 if false else '0123456789' ~ word ~ word ~ word ~ word ~ word) }}",
        "{{ words | join(' ' | indent(200, true)) }}",
        "{{ word | replace('', word ~ word ~ word) }}",
        "{% set x = word ~ word ~ word %}{% set x = x ~ x ~ x %}{% set x = x ~ x ~ x %}{{ x | length }}",
        "{% set x = word + word %}{% set x = x + x %}{% set x = x + x %}{% set x = x + x %}{{ x | length }}",
        "{% for a in words %}{% for b in words %}{{ word | upper | lower }}{% endfor %}{% endfor %}",
        "{{ words | map('replace', 'e', word ~ word ~ word ~ word) | join }}",
        "{{ word }}{{ word | upper | lower | title | trim | upper | lower | title | trim | upper | lower"
        " | title | trim | upper | lower | title | trim }}",
    ],
)
def test_characters_are_refused_before_they_are_made(source: str) -> None:
    wrong = fault(source, LITTLE._replace(steps=10_000))
    assert wrong.what == "this takes more than 300 characters"
    assert wrong.hint == "use smaller widths and fewer filters"
    text(source, Work())


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in words %}{% for b in words %}{{ a }}{{ b }}{% endfor %}{% endfor %}",
        "{% for a in word %}{% for b in word %}{% endfor %}{% endfor %}",
        "{% set x = words + words %}{% set x = x + x %}{% set x = x + x %}{% set x = x + x %}{{ x[0] }}",
        NESTED + "{{ x == x }}",
        NESTED + "{{ x is in words }}",
        NESTED + "{{ x[:1] | length }}",
        "{% for a in words %}{{ words | map('upper') | list | unique | sort | length }}{% endfor %}",
        "{% for a in words %}{{ words | selectattr('x', 'undefined') | list | length }}{% endfor %}",
        "{% for a in words %}{{ words | rejectattr('x', 'defined') | list | length }}{% endfor %}",
    ],
)
def test_steps_are_refused_before_they_are_done(source: str) -> None:
    wrong = fault(source, LITTLE._replace(steps=40))
    assert wrong.what == "this takes more than 40 steps"
    assert wrong.hint == "loop over fewer things, or say less for each"
    text(source, Work())


def test_a_turn_of_a_loop_costs_as_much_as_its_body_has_parts() -> None:
    short, long = ("{% for a in words %}" + "{{ a }}" * parts + "{% endfor %}" for parts in (1, 60))
    text(short, Work(steps=20))
    fault(long, Work(steps=100))


def test_nobody_is_given_back_what_was_taken() -> None:
    source = (
        "{% for a in words | map('counted loop', -1000) %}{% for b in a %}{{ b }}{% endfor %}{% endfor %}"
    )
    assert "more than 20 steps" in fault(source, Work(steps=20)).what


def test_nothing_is_done_while_a_text_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jinja2 computes constants when it compiles, where nobody counts."""
    asked = []

    def upper(value: str) -> str:
        asked.append(value)
        return "X"

    monkeypatch.setitem(rendering._SANDBOX.filters, "upper", upper)
    source = "{{ 'once' | upper }}{% if 'two' | upper == 'X' %}{% endif %}{{ 'a' ~ ('b' | upper) }}"
    compiled(source)
    assert asked == []
    assert text(source) == "XaX"
    assert asked == ["once", "two", "b"]


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("{{ at | date('%50d') }}", "this is no layout of a date"),
        ("{{ at | date('" + "%Y" * 51 + "') }}", "this is no layout of a date"),
        ("{{ at | date('%') }}", "this is no layout of a date"),
        ("{{ words }}", "a list stands here and not a text"),
        ("{{ [words] | join }}", "a list stands here and not a text"),
        ("{{ 'x' ~ words }}", "a list stands here and not a text"),
        ("{{ 'x' * 3 }}", "'*' is for plain numbers only"),
        ("{{ words * 3 }}", "'*' is for plain numbers only"),
        ("{{ '%9d' % 3 }}", "'%' is for plain numbers only"),
        ("{{ 2 ** 3 }}", "'**' is for plain numbers only"),
        ("{{ 'x' + 3 }}", "'+' is for two numbers, or two texts"),
        ("{{ 2000000000000 * 2 }}", "the number is too large for '*'"),
        ("{{ word.format }}", "'format' cannot be used here"),
    ],
)
def test_what_else_could_grow_is_refused_by_name(source: str, what: str) -> None:
    assert what in fault(source, Work()).what


def test_a_layout_may_have_words_and_no_width() -> None:
    assert text("{{ at | date('%-d. %B %Y, 100%%') }}") == "7. December 2026, 100%"


def test_the_budget_is_for_one_rendering() -> None:
    once = "{% for a in words %}{{ a | upper }}{% endfor %}"
    for _ in range(20):
        assert text(once, Work(steps=40, characters=80)) == "ONETWOTHREE"
