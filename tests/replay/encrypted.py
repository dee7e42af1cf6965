"""An encrypted golden history: every release can read what was once encrypted.

    python -m tests.replay.encrypted

records it. It is kept with the keys that it needs, which open nothing else.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from baton.temporal.codec import EncryptionCodec
from baton.temporal.keys import KeyRing
from baton.temporal.plugin import BatonPlugin
from lab.rig import open_rig
from lab.server import running_server
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
            async with open_rig(server, Path(folder), "golden-encrypted") as rig:
                await SCENES[SCENE].play(rig, SCENE)
                await rig.settled(SCENE)
                (history,) = await histories_of(rig, SCENE)
    HISTORY.write_text(history.to_json() + "\n", encoding="utf-8")
    print(f"{HISTORY.name}: {len(history.events)} events")


if __name__ == "__main__":
    asyncio.run(record())
