"""What a change of the directory takes from cases, and gives back."""

from __future__ import annotations

from typing import Any

import pytest

from baton.documents.directory import Directory
from baton.documents.directorychange import DirectoryDifference, Renamed

COMPANY: dict[str, Any] = {
    "lines": {"first": {}, "second": {}, "idle": {}},
    "departments": {
        "accounts": {"label": "billing"},
        "store": {"label": "shipping"},
        "empty": {"label": "x"},
    },
    "staff": {
        "ivan": {"line": "first"},
        "vera": {"line": "second", "departments": ["accounts"]},
        "boris": {"line": "second", "departments": ["accounts", "store"]},
    },
}


def changed(**parts: dict[str, Any]) -> dict[str, Any]:
    """The company with other parts; what is None is gone."""
    document = dict(COMPANY)
    for part, entries in parts.items():
        merged = {**document[part], **entries}
        document[part] = {key: entry for key, entry in merged.items() if entry is not None}
    return document


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ({}, {}),
        ({"staff": {"ivan": None}}, {"gone": {"ivan"}, "empty_lines": {"first"}}),
        ({"staff": {"vera": None}}, {"gone": {"vera"}}),
        ({"staff": {"boris": None}}, {"gone": {"boris"}, "deserted": {"store": "shipping"}}),
        ({"staff": {"ivan": {"line": "second"}}}, {"moved": {"ivan"}, "empty_lines": {"first"}}),
        ({"staff": {"nina": {"line": "idle"}}}, {}),
        ({"lines": {"idle": None}}, {"empty_lines": {"idle"}}),
        (
            {"lines": {"first": None, "tier-1": {}}, "staff": {"ivan": {"line": "tier-1"}}},
            {"moved": {"ivan"}, "empty_lines": {"first"}},
        ),
        (
            {
                "departments": {"store": None},
                "staff": {"boris": {"line": "second", "departments": ["accounts"]}},
            },
            {"deserted": {"store": "shipping"}},
        ),
        ({"departments": {"empty": None}}, {"deserted": {"empty": "x"}}),
        (
            {"departments": {"accounts": {"label": "invoices"}}},
            {"renamed": {"accounts": ("billing", "invoices")}},
        ),
        ({"departments": {"accounts": {"label": "billing", "name": "Billing"}}}, {}),
        (
            {"departments": {"accounts": {"label": "shipping"}, "store": {"label": "billing"}}},
            {"renamed": {"accounts": ("billing", "shipping"), "store": ("shipping", "billing")}},
        ),
        ({"staff": {"nina": {"departments": ["empty"]}}}, {"staffed": {"empty": "x"}}),
    ],
)
def test_the_difference_of_two_directories(after: dict[str, Any], expected: dict[str, Any]) -> None:
    found = DirectoryDifference.between(
        Directory.model_validate(COMPANY), Directory.model_validate(changed(**after))
    )

    fields: dict[str, Any] = {
        name: {key: Renamed(*labels) for key, labels in value.items()} if name == "renamed" else value
        for name, value in expected.items()
    }
    assert found == DirectoryDifference(**fields)


def test_from_nothing_to_a_directory_concerns_nobody() -> None:
    everything = Directory.model_validate(COMPANY)

    assert DirectoryDifference.between(Directory(), everything) == DirectoryDifference()
