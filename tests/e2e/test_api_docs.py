"""docs/api.md: each of its commands, in their order, as somebody who reads it would type them."""

from __future__ import annotations

import json
from pathlib import Path

from baton.settings import CHECKOUT
from tests.reader import blocks, commands, reading_in

COMMANDS = [command for _, text in blocks(CHECKOUT / "docs/api.md", "console") for command in commands(text)]


async def test_every_command_of_the_guide_succeeds_and_changes_what_it_says(tmp_path: Path) -> None:
    assert len([one for one in COMMANDS if one.startswith("curl")]) >= 20
    async with reading_in(tmp_path) as reader:
        await reader.types("baton up")
        here = f"127.0.0.1:{reader.environment['BATON_GATEWAY_PORT']}"
        for command in COMMANDS:
            strictly = command.replace("curl -K", "curl -sS --fail-with-body -K")
            await reader.types(strictly.replace("127.0.0.1:8234", here))
        assert (tmp_path / "shop.key").stat().st_mode & 0o777 == 0o600
        chat = json.loads(await reader.types("baton chat show telegram:42 --json"))
        assert chat["snapshot"]["assignee"] == "ivan"
        listed = json.loads(await reader.types("baton api-key list --json"))
        assert [(key["name"], key["ends_at"]) for key in listed] == [("shop", None)]
