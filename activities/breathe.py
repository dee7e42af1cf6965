"""The activity that does nothing: see ``workflows.handover``."""

from __future__ import annotations

from temporalio import activity

from baton.model.effects import BREATHE


@activity.defn(name=BREATHE)
async def breathe() -> None:
    """Give the case a workflow task in which it has nothing else to do."""
