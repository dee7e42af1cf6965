"""A workflow in the four versions of a safe change: the example of docs/releases.md.

A reminder went out at once. From now on it waits for an hour first. All four are one workflow type, as they
would be in one file, release after release.
"""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow

REMINDER = "Reminder"
SEND = "send_reminder"
PATCH = "wait-before-reminding"
_WITHIN = timedelta(minutes=1)


@workflow.defn(name=REMINDER)
class Before:
    @workflow.run
    async def run(self, case: str) -> None:
        await workflow.execute_activity(SEND, case, start_to_close_timeout=_WITHIN)


@workflow.defn(name=REMINDER)
class Patched:
    @workflow.run
    async def run(self, case: str) -> None:
        if workflow.patched(PATCH):
            await workflow.sleep(timedelta(hours=1))
        await workflow.execute_activity(SEND, case, start_to_close_timeout=_WITHIN)


@workflow.defn(name=REMINDER)
class Deprecated:
    @workflow.run
    async def run(self, case: str) -> None:
        workflow.deprecate_patch(PATCH)
        await workflow.sleep(timedelta(hours=1))
        await workflow.execute_activity(SEND, case, start_to_close_timeout=_WITHIN)


@workflow.defn(name=REMINDER)
class After:
    @workflow.run
    async def run(self, case: str) -> None:
        await workflow.sleep(timedelta(hours=1))
        await workflow.execute_activity(SEND, case, start_to_close_timeout=_WITHIN)


VERSIONS: tuple[type, ...] = (Before, Patched, Deprecated, After)

FITS: dict[type, set[type]] = {
    Before: {Before, Patched},
    Patched: {Patched, Deprecated},
    Deprecated: {Patched, Deprecated, After},
    After: {Deprecated, After},
}
"""For each version, the code that can replay its histories."""
