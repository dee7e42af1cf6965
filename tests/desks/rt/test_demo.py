"""``baton demo --desk rt``: tickets whose people work in an RT of the demo's own."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner
from temporalio.testing import WorkflowEnvironment

from local import rt
from local.child import silent
from local.demo import command
from local.demo.play import Player
from local.demo.stage import open_stage
from local.demo.tickettable import LABELS_OFF, TICKETS
from local.rt import PACKAGES, RtFailed, why_not


async def test_tickets_go_in_rt_as_in_the_table(
    server: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One with the rule, the same without it, and the one with hours in it."""
    if reason := why_not():
        pytest.skip(reason)
    used = server.client.service_client.config.target_host
    monkeypatch.setenv("TEMPORAL_ADDRESS", used)
    async with open_stage("in-rt", [LABELS_OFF], silent, in_rt=True) as stage:
        assert stage.address != used, "tickets there may have the numbers of RT's"
        with_it, without = (
            Player(
                stage.client,
                company.settings.task_queue,
                "in-rt",
                skips_time=stage.skips_time,
                queue=company.queue,
            )
            for company in stage.companies
        )
        await asyncio.gather(with_it.come_online([]), without.come_online([]))
        plays = await asyncio.gather(
            with_it.play_ticket(TICKETS[0], True),
            without.play_ticket(TICKETS[0], False),
            with_it.play_ticket(TICKETS[-1], True),
        )
        for play in plays:
            assert play.differences == ()
            assert play.workflow_id.removeprefix("ticket:").isdecimal()


def test_where_rt_is_not_installed_it_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(rt, "SERVER", tmp_path / "rt-server")
    ran = CliRunner().invoke(command, ["--desk", "rt"])
    assert isinstance(ran.exception, RtFailed)
    assert f"apt-get install {' '.join(PACKAGES)}" in str(ran.exception)
