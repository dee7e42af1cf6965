"""docs/feed.md: its recipes, as somebody would run them on a default installation."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from baton.settings import CHECKOUT
from tests.helpdesklog import LOG
from tests.reader import Reader, blocks, commands, reading_in

CONSOLE = [text for _, text in blocks(CHECKOUT / "docs/feed.md", "console")]
(NEW_IDS,) = (command for text in CONSOLE for command in commands(text) if "new_ids" in command)
(RECIPE,) = (command for text in CONSOLE for command in commands(text) if "convert_helpdesk_log" in command)
CONVERT, *_ = RECIPE.partition("&&")


@pytest.fixture
async def reader(tmp_path: Path) -> AsyncIterator[Reader]:
    (tmp_path / "docs").symlink_to(CHECKOUT / "docs")
    (tmp_path / "helpdesk-event-log.csv.gz").write_bytes(gzip.compress(LOG.encode()))
    async with reading_in(tmp_path) as reader:
        await reader.types("baton up")
        yield reader


async def counts(reader: Reader, command: str) -> dict[str, int]:
    """What became of the lines of a feed that has ended: asked again, which sends nothing."""
    _, said = await reader.tries(f"{command} --json 2> /dev/null")
    summary = json.loads(said)
    return {verdict: summary[verdict] for verdict in ("lines", "accepted", "refused", "failed", "earlier")}


async def test_the_recipe_stops_at_what_fails_and_works_on_a_default_installation(reader: Reader) -> None:
    await reader.types('baton chat send telegram:1 --from customer:c-1 "Hello?"')
    await reader.types("baton chat send telegram:1 --from staff:ivan Hello!")

    code, said = await reader.tries(RECIPE)

    assert code == 1
    assert "Add --yes if it is meant." in said
    assert "online" not in said
    assert not (reader.folder / "feed.jsonl.journal").exists(), "nothing was fed"

    await reader.types("baton directory apply directory.yaml --yes")
    said = await reader.types(RECIPE)

    assert "4 people are online." in said
    assert await counts(reader, "baton feed feed.jsonl") == {
        "lines": 9,
        "accepted": 8,
        "refused": 1,
        "failed": 0,
        "earlier": 9,
    }
    (refused,) = map(json.loads, (reader.folder / "refused.jsonl").read_text().splitlines())
    assert json.loads(refused["input"])["event"]["id"] == "Case1-6", "it was closed already"


async def test_what_was_fed_before_its_people_were_there_is_fed_under_new_ids(reader: Reader) -> None:
    await reader.types(CONVERT)

    code, said = await reader.tries("baton feed feed.jsonl --refused refused.jsonl")

    assert code == 1
    assert "More lines were refused than accepted. Why stands in refused.jsonl" in said
    assert "UnknownStaff" in said

    await reader.types("baton directory apply directory.yaml")
    spent, _ = await reader.tries("baton feed feed.jsonl --no-journal")
    await reader.types(NEW_IDS)

    assert spent == 1, "the directory alone does not help"
    assert await counts(reader, "baton feed again.jsonl") == {
        "lines": 7,
        "accepted": 6,
        "refused": 1,
        "failed": 0,
        "earlier": 7,
    }
