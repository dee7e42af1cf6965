"""The composition root: settings, client, help desk, rules, worker.

    python worker.py

It checks what it needs before it polls, and reports what is wrong. It prints ``worker ready`` once it polls,
and on SIGTERM or Ctrl-C it lets what is running finish before it exits.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import traceback
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from datetime import timedelta
from functools import partial
from pathlib import Path

from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.runtime import Runtime
from temporalio.service import RPCError
from temporalio.worker import PollerBehaviorAutoscaling, Worker, WorkerDeploymentConfig
from uvloop import new_event_loop

from activities.accounts import AccountChanges
from activities.apikeys import KeyChanges
from activities.breathe import breathe
from activities.calendarends import tell_known_ends
from activities.calls import Calls
from activities.decide import Deciding
from activities.delivering import Delivering
from activities.desk import Housekeeping
from activities.deskcalls import DeskCalls
from activities.deskfeed import DeskFeeding, start_feed
from activities.directories import DirectoryChanges
from activities.finding import Finding
from activities.gathering import Policy
from activities.hookcalls import HookCalls
from activities.lostcases import count_lost
from activities.observing import Observing, count_from_zero, observed
from activities.outgoing import OutgoingCalls, mail_server, tend_subscribers
from activities.presencechanges import PresenceChanges
from activities.reviving import Reviving
from activities.rulebook import Rulebook
from activities.writes import Writing
from baton.client import connect
from baton.company import load_company
from baton.errors import BatonError, SettingsError
from baton.files import private_folder
from baton.settings import Settings, WorkerVersion, load_settings, worker_version
from baton.signs import visible
from baton.temporal.binding import Bindable, bind, binding_of, require_own
from baton.temporal.ending import leave
from baton.temporal.failures import failure_of_operating
from baton.temporal.logs import set_up_logging, words_of
from baton.temporal.metrics import LOOKS
from baton.temporal.process import showing_life, tell
from baton.temporal.searchattributes import require_registered
from baton.temporal.supervising import supervise
from baton.temporal.telemetry import runtime_for
from helpdesks.base import Ledger
from helpdesks.embedded import EmbeddedHelpDesk
from helpdesks.firststart import identity_at, is_new
from helpdesks.outside.opening import Beside, check_files, opened_beside
from workflows.chat import Chat
from workflows.deskfeed import DeskFeed
from workflows.subscriber import Subscriber
from workflows.ticket import Ticket

READY = "worker ready"
_LAST_MOMENTS = 5.0
"""Seconds after the grace at which a stopped worker exits, whatever is running."""

_log = logging.getLogger("baton.worker")


@asynccontextmanager
async def running_worker(
    client: Client,
    own: EmbeddedHelpDesk,
    settings: Settings,
    version: WorkerVersion | None = None,
    beside: Beside | None = None,
) -> AsyncIterator[Rulebook]:
    """A worker that polls for the duration of the block; with a version if one is given.

    Args:
        own: the ledger, and the desk if there is none ``beside`` it.

    Raises ``DocumentError`` or ``SettingsError`` before it polls, if something that it needs is wrong.
    """
    desk = observed(own)
    await _fill_empty_directory(desk, settings)
    rulebook = await Rulebook.open(settings.rules_file, settings.templates_file, desk)
    await _bind(client, desk, settings)
    runtime = client.service_client.config.runtime or Runtime.default()
    count_from_zero(runtime.metric_meter, client.namespace, settings.task_queue, rulebook.current)
    meter = runtime.metric_meter.with_additional_attributes(
        {"namespace": client.namespace, "task_queue": settings.task_queue}
    )
    deciding = Deciding(desk, rulebook, policy_of(settings), beside=beside is not None)
    writing = Writing(desk, observed(beside.desk(own)) if beside else desk, settings.task_queue)
    housekeeping = Housekeeping(desk)
    presences = PresenceChanges(desk, settings.task_queue, settings.offline_grace_seconds)
    feeding = DeskFeeding(desk, own.deliveries, beside, presences, settings.task_queue, meter)
    directories = DirectoryChanges(desk, settings.task_queue, rulebook.misfits)
    reviving = Reviving(desk, settings.task_queue)
    at_desk = DeskCalls(desk, own.deliveries, beside, settings.task_queue)
    at_gateway = KeyChanges(own.api_keys), AccountChanges(own.accounts), HookCalls(own.hooks)
    outgoing = OutgoingCalls(own, settings.task_queue)
    mail = await mail_server(own.subscribers, settings)
    delivering = Delivering(own, private=settings.outgoing_private, mail=mail, meter=meter)
    calls = Calls(
        housekeeping, presences, directories, reviving, Finding(desk), at_desk, *at_gateway, outgoing
    )
    worker = Worker(
        client,
        task_queue=settings.task_queue,
        workflows=[Chat, Ticket, DeskFeed, Subscriber],
        activities=[
            deciding.decide,
            breathe,
            writing.reassign,
            writing.update_case,
            writing.remove_label,
            writing.send_message,
            writing.notify,
            writing.prompt_reply,
            writing.send_reply,
            writing.remind,
            writing.escalate,
            writing.copy_to_ticket,
            writing.give_places,
            writing.forward,
            feeding.read_desk,
            delivering.deliver,
            calls.answer,
        ],
        interceptors=[Observing()],
        max_cached_workflows=settings.max_cached_workflows,
        workflow_task_poller_behavior=PollerBehaviorAutoscaling(),
        activity_task_poller_behavior=PollerBehaviorAutoscaling(),
        # No payload is stored elsewhere. The SDK looks all the same, for each in a task, unless one by one.
        max_workflow_task_external_storage_concurrency=1,
        graceful_shutdown_timeout=timedelta(seconds=settings.shutdown_grace_seconds),
        deployment_config=_deployment(version),
    )
    looked = partial(LOOKS.count, meter, of="documents")
    meanwhile = [
        asyncio.create_task(rulebook.follow(looked=looked), name="following the rules and templates"),
        asyncio.create_task(count_lost(client, desk, settings.task_queue, meter), name="counting lost cases"),
        asyncio.create_task(tell_known_ends(desk, meter), name="looking at calendars"),
        asyncio.create_task(
            tend_subscribers(client, own.letters, settings.task_queue, meter), name="seeing to subscribers"
        ),
    ]
    for one in meanwhile:
        one.add_done_callback(_say_how_it_ended)
    try:
        async with worker:
            if beside is not None:
                await start_feed(client, settings.task_queue, beside)
            yield rulebook
    finally:
        for one in meanwhile:
            one.cancel()
        await asyncio.gather(*meanwhile, return_exceptions=True)


def _say_how_it_ended(task: asyncio.Task[None]) -> None:
    """Log that something ended that should go on as long as the worker; an alert says so, too."""
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.critical("%s ended, restart this worker: %s", task.get_name(), words_of(error))


def _deployment(version: WorkerVersion | None) -> WorkerDeploymentConfig | None:
    """Each run of a case stays with the version in which it began; the next run goes to the current one.

    This is set here and not in the workflows' definitions, which would also bind workers without a version.
    """
    if version is None:
        return None
    return WorkerDeploymentConfig(
        WorkerDeploymentVersion(version.deployment_name, version.build_id),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.PINNED,
    )


def policy_of(settings: Settings) -> Policy:
    """The settings that decisions need, in seconds."""
    return Policy(
        idle_after=settings.idle_minutes * 60,
        idle_after_by_channel={
            channel: minutes * 60 for channel, minutes in settings.idle_minutes_by_channel.items()
        },
        offline_grace=settings.offline_grace_seconds,
        offer_for=settings.offer_seconds,
    )


async def _fill_empty_directory(desk: Ledger, settings: Settings) -> None:
    """Put the directory file into a database that has no directory yet, if rules and templates fit it.

    Raises ``DocumentError`` with every mistake in the three files; then nothing is stored.
    """
    present = await desk.directory()
    if present.version == 0:
        company = load_company(settings.directory_file, settings.rules_file, settings.templates_file)
        filled = await desk.change_directory(company.directory, based_on=0)
        _log.info("directory of %s loaded (version %s)", settings.directory_file.name, filled.version)


async def _check_first_start(settings: Settings) -> None:
    """Raise ``DocumentError`` if a first start would store what is wrong, before it makes anything."""
    if await is_new(settings.database_url):
        load_company(settings.directory_file, settings.rules_file, settings.templates_file)


@asynccontextmanager
async def _own_desk(client: Client, settings: Settings) -> AsyncIterator[EmbeddedHelpDesk]:
    """The help desk of the settings, made if there is none.

    Raises, before it makes anything, ``SettingsError`` if another database belongs to the task queue or the
    namespace lacks search attributes, and ``RPCError`` if Temporal does not let it ask.
    """
    await require_registered(client)
    # In this order: what is bound has an identity. By now another worker may have made this database.
    if await binding_of(client, settings.task_queue) is not None:
        found = await identity_at(settings.database_url)
        await require_own(client, settings.task_queue, Bindable.here(found, settings.database_shown))
    _make_data_folder(settings)
    async with EmbeddedHelpDesk.open(settings.database_url) as desk:
        yield desk


async def _bind(client: Client, desk: Ledger, settings: Settings) -> None:
    """Bind the database to the task queue, if none is. Raises ``SettingsError`` if another one is."""
    own = Bindable.here(await desk.identity(), settings.database_shown)
    if await bind(client, settings.task_queue, own):
        _log.info("the task queue %s belongs to %s from now on", settings.task_queue, own)


async def _check_for_all(settings: Settings) -> None:
    """Find once what each of several workers would find, and make the help desk for all of them."""
    client = await connect(settings)
    async with _own_desk(client, settings) as desk:
        await _fill_empty_directory(desk, settings)
        await Rulebook.open(settings.rules_file, settings.templates_file, desk)
        await _bind(client, desk, settings)


async def _work(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    version = worker_version()
    client = await connect(settings, runtime_for(settings))
    async with (
        _own_desk(client, settings) as desk,
        opened_beside(settings.desk_file, settings.desk_secret_file) as beside,
        running_worker(client, desk, settings, version, beside),
        showing_life(settings.alive_file),
    ):
        tell(READY)
        await stop.wait()
        _log.info("stopping: up to %g s for what is running", settings.shutdown_grace_seconds)
        asyncio.get_running_loop().call_later(settings.shutdown_grace_seconds + _LAST_MOMENTS, _give_up)


def _give_up() -> None:
    """Exit although something is running: a decision may wait forever for a help desk that hangs.

    Nothing is lost. Another worker does again whatever was not recorded.
    """
    _log.warning(
        "something is still running, such as a decision without a help desk; another worker will do it"
    )
    leave(0)


def _make_data_folder(settings: Settings) -> None:
    """Make the data folder as `baton up` does. Raises ``SettingsError``."""
    try:
        private_folder(settings.data_dir)
    except OSError as error:
        raise SettingsError(
            f"the data folder {settings.data_dir} cannot be made ({error.strerror}). Name another with "
            "BATON_DATA_DIR."
        ) from None


def _sending_spans(settings: Settings) -> AbstractContextManager[None]:
    if not settings.tracing:
        return nullcontext()
    from baton.temporal.spans import sending_spans  # a worker that does not trace starts faster without it

    return sending_spans()


def main() -> int:
    """Run the worker, or as many as ``BATON_WORKER_PROCESSES`` says. Returns the exit code."""
    try:
        settings = load_settings()
        set_up_logging(settings.log_level, settings.log_format)
        check_files(settings.desk_file, settings.desk_secret_file)
        asyncio.run(_check_first_start(settings))
        processes = settings.worker_processes or os.cpu_count() or 1
        if processes > 1:
            asyncio.run(_check_for_all(settings))
            return asyncio.run(supervise(Path(__file__), settings, processes, READY))
        with _sending_spans(settings), asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(_work(settings))
    except (BatonError, RPCError) as error:
        said = failure_of_operating(error) if isinstance(error, RPCError) else error
        print(visible(f"worker: {said}"), file=sys.stderr, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    try:
        code = main()
    except BaseException:
        traceback.print_exc()
        code = 1
    leave(code)
