"""The deliveries to a subscriber: one after the other, for as long as there is the subscriber.

What is to be told lies in the ledger. This workflow only sees to it that somebody delivers it: when a worker
dies in the middle, another goes on.
"""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from baton.desk.outgoing import DELIVER, SUBSCRIBER_WORKFLOW, Deliver, Delivered, SubscriberStart
from workflows.handover import version_of_next_run

_TIMEOUT = timedelta(minutes=5)
# A worker that dies in the middle is noticed after this time. Each sign of life costs as much as a delivery.
_SIGN_OF_LIFE = timedelta(seconds=40)
_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))


@workflow.defn(name=SUBSCRIBER_WORKFLOW)
class Subscriber:
    """One for each subscriber and task queue."""

    @workflow.run
    async def run(self, start: SubscriberStart) -> None:
        """Deliver until the run is long, or belongs to another version, and go on in another."""
        done = start
        while not (workflow.info().is_continue_as_new_suggested() or version_of_next_run()):
            delivered = await workflow.execute_activity(
                DELIVER,
                Deliver(subscriber=start.subscriber),
                result_type=Delivered,
                start_to_close_timeout=_TIMEOUT,
                heartbeat_timeout=_SIGN_OF_LIFE,
                retry_policy=_RETRY,
            )
            if delivered.gone:
                return
            done = SubscriberStart(
                subscriber=start.subscriber,
                delivered=done.delivered + delivered.delivered,
                failed=done.failed + delivered.failed,
                dead=done.dead + delivered.dead,
            )
            workflow.set_current_details(_details(done, delivered))
        workflow.continue_as_new(done, initial_versioning_behavior=version_of_next_run())


def _details(done: SubscriberStart, last: Delivered) -> str:
    lines = [
        f"**{done.subscriber}**: {done.delivered:,} delivered, {done.failed:,} attempts failed, "
        f"{done.dead:,} given up; {last.waiting:,} wait"
    ]
    if last.next_try_at is not None:
        why = (last.last_error or "").replace("`", "'")
        lines.append(f"It fails (`{why}`) and is tried again at {last.next_try_at:%Y-%m-%d %H:%M:%S} UTC.")
    return "\n\n".join(lines)
