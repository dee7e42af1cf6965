"""Replay: every release must decide again in the same way what was once decided.

The golden histories were recorded with ``python -m tests.replay.record``. They are only added to: a change
that breaks one breaks every case that is in that situation on the day of the deploy.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.plugin import SimplePlugin
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from baton.temporal.codec import PLAIN
from baton.temporal.plugin import BatonPlugin
from baton.temporal.tracing import CaseTracing
from lab.rig import failed_tasks, fresh
from tests.conftest import RigOpener
from tests.replay.record import histories_of
from tests.replay.scenes import SCENES
from workflows.chat import Chat
from workflows.ticket import Ticket

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.json"))


NOT_OURS = ("pydantic", "pydantic_core", "annotated_types", "transitions", "opentelemetry")
"""Modules of others that are deterministic, and too heavy to be imported anew for each case."""


def checked() -> SimplePlugin:
    """A plugin like the production one, but in a sandbox that checks everything that Baton's code does."""
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*NOT_OURS)
    return SimplePlugin(
        "checked",
        data_converter=lambda _: PLAIN,
        workflow_runner=lambda _: SandboxedWorkflowRunner(restrictions=restrictions),
    )


LANES: dict[str, Callable[[], SimplePlugin]] = {
    "production": BatonPlugin,
    "traced": lambda: BatonPlugin(interceptors=[CaseTracing()]),
    # Production has no sandbox: this one finds what no replay can be sure of.
    "checked": checked,
}


def test_every_scene_has_a_golden_history() -> None:
    assert {path.name.split(".")[0] for path in GOLDEN} == SCENES.keys()


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
@pytest.mark.parametrize("lane", LANES)
async def test_a_golden_history_replays(path: Path, lane: str) -> None:
    history = WorkflowHistory.from_json(path.stem, path.read_text(encoding="utf-8"))
    await Replayer(workflows=[Chat, Ticket], plugins=[LANES[lane]()]).replay_workflow(history)


# Without a cache, two cases that work at the same time evict one another in the middle of a decision, and
# each then waits for its task to time out. So scenes of two cases are replayed only above.
ALONE = [name for name, scene in SCENES.items() if len(scene.cases_of("one")) == 1]


@pytest.mark.parametrize("name", ALONE)
async def test_a_scene_replays_while_it_is_played(
    open_a_rig: RigOpener,
    server: WorkflowEnvironment,
    impatient_server: WorkflowEnvironment,
    name: str,
) -> None:
    """Without a cache, each workflow task replays the whole history before it goes on."""
    scene = SCENES[name]
    environment = impatient_server if scene.impatient else server
    async with open_a_rig(environment, max_cached_workflows=0, **scene.settings) as rig:
        case = fresh(name.replace("_", "-"))
        await scene.play(rig, case)
        for one in scene.cases_of(case):
            histories = await histories_of(rig, one)
            assert histories
            for history in histories:
                assert failed_tasks(history) == []
