"""Every release can read what was once encrypted, and decides it in the same way."""

from __future__ import annotations

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from baton.temporal.plugin import BatonPlugin
from tests.replay.encrypted import HISTORY, plugin
from workflows.chat import Chat


def golden(workflow_id: str) -> WorkflowHistory:
    return WorkflowHistory.from_json(workflow_id, HISTORY.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["chat:telegram:situation_2", "any other name"])
async def test_the_encrypted_golden_history_replays(name: str) -> None:
    await Replayer(workflows=[Chat], plugins=[plugin()]).replay_workflow(golden(name))


async def test_without_its_keys_it_is_said_which_one_is_missing() -> None:
    with pytest.raises(Exception, match=r"golden/[0-9a-f]{8}.*BATON_ENCRYPTION_KEYS_FILE"):
        await Replayer(workflows=[Chat], plugins=[BatonPlugin()]).replay_workflow(golden("chat"))
