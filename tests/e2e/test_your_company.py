"""docs/your-company.md: each of its steps, in their order, as somebody who reads it would do them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from baton.settings import CHECKOUT
from tests.reader import Reader, blocks, commands, reading_in

STEPS = blocks(CHECKOUT / "docs/your-company.md", "console", "text", "yaml")


@pytest.fixture
async def reader(tmp_path: Path) -> AsyncIterator[Reader]:
    async with reading_in(tmp_path) as reader:
        yield reader


async def test_from_nothing_to_the_own_company(reader: Reader) -> None:
    said: list[str] = []
    for kind, text in STEPS:
        match kind:
            case "console":
                said = []
                for command in commands(text):
                    said += (await reader.types(command)).splitlines()
            case "text":
                lines = iter(said)
                missing = [line for line in text.splitlines() if line not in lines]
                assert missing == [], "\n".join(said)
            case "yaml":
                with (reader.folder / "acme/rules.yaml").open("a", encoding="utf-8") as rules:
                    rules.write(text)
    assert reader.up is not None
    assert reader.up.returncode is None
