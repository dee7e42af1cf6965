"""An encrypted golden history: what was encrypted once is read by every release.

    python -m tests.replay.encrypted

records it. It is kept with the keys that it needs, which open nothing else.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from baton.codec import EncryptionCodec
from baton.keys import KeyRing
from baton.plugin import BatonPlugin
from tests.conftest import running_server
from tests.house import open_house
from tests.replay.record import histories_of
from tests.replay.scenes import SCENES

FOLDER = Path(__file__).parent / "golden_encrypted"
KEYS = FOLDER / "keys"
SCENE = "situation_2"
HISTORY = FOLDER / f"{SCENE}.json"


def plugin() -> BatonPlugin:
    """With the keys of the golden history."""
    return BatonPlugin(EncryptionCodec(KeyRing.read(KEYS)))


async def record() -> None:
    async with running_server(plugin()) as server:
        with tempfile.TemporaryDirectory() as folder:
            async with open_house(server, Path(folder), "golden-encrypted") as house:
                await SCENES[SCENE].play(house, SCENE)
                await house.settled(SCENE)
                (history,) = await histories_of(house, SCENE)
    HISTORY.write_text(history.to_json() + "\n", encoding="utf-8")
    print(f"{HISTORY.name}: {len(history.events)} events")


if __name__ == "__main__":
    asyncio.run(record())
