"""`baton ops` on the real server: search attributes, filters, and repairs of what was broken first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from google.protobuf.duration_pb2 import Duration
from temporalio import workflow
from temporalio.api.enums.v1 import EventType, PendingActivityState
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, RemoveSearchAttributesRequest
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.common import RetryPolicy
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from baton.cli.ops.filters import filters
from baton.cli.ops.register import ADDED, PRESENT, WOULD_ADD, WrongTypes, register
from baton.contract import CHAT_WORKFLOW, SEARCH_ATTRIBUTES, Presence, Tab
from baton.errors import HelpDeskUnavailable, SettingsError
from baton.model.effects import CaseWrite, Notice
from baton.temporal.codec import EncryptionCodec
from baton.temporal.keys import KeyRing, key_line, new_key
from baton.temporal.plugin import BatonPlugin
from baton.temporal.searchattributes import VALUE_TYPES, registered, require_registered
from helpdesks.embedded import EmbeddedHelpDesk
from lab.ledger import applied_keys, events_of, rule_digests
from lab.rig import CHANNEL, NO_RULES, Rig, eventually, failed_tasks, fresh, rules_but
from lab.server import running_server
from tests.commands import Baton
from tests.conftest import RigOpener
from workflows import outbox

SUMMARIZED = {
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
    EventType.EVENT_TYPE_TIMER_STARTED,
    EventType.EVENT_TYPE_MARKER_RECORDED,
}
"""What the UI shows with a line of its own."""
WAITED = {
    "id": "waited",
    "name": "A customer has waited for a minute",
    "when": {"minutes since customer message": {"at least": 1}, "case.status": "open"},
    "then": [{"add labels": ["urgent"]}],
}


@pytest.fixture
def baton(rig: Rig, tmp_path: Path) -> Baton:
    return Baton(rig, tmp_path)


def verdicts(results: list[dict[str, str]]) -> dict[str, str]:
    return {one["case"]: one["verdict"] for one in results}


# --- Search attributes --------------------------------------------------------------------------


@pytest.fixture(scope="module")
async def bare() -> AsyncIterator[Client]:
    """A client of a namespace that has none of the search attributes yet."""
    async with running_server() as environment:
        name = "support"
        await environment.client.workflow_service.register_namespace(
            RegisterNamespaceRequest(
                namespace=name, workflow_execution_retention_period=Duration(seconds=86_400)
            )
        )
        address = environment.client.service_client.config.target_host
        client = await Client.connect(address, namespace=name)

        async def known() -> bool:
            try:
                return await registered(client) is not None
            except RPCError:
                return False  # the server's own list of namespaces lags behind

        await eventually(known, "the namespace did not appear")
        yield client


async def test_search_attributes_are_registered_once_and_checked(bare: Client) -> None:
    with pytest.raises(SettingsError, match="`baton ops register`"):
        await require_registered(bare)

    assert set((await register(bare, dry_run=True)).values()) == {WOULD_ADD}
    assert not SEARCH_ATTRIBUTES.keys() & (await registered(bare)).keys()

    assert set((await register(bare)).values()) == {ADDED}

    async def there() -> bool:
        return SEARCH_ATTRIBUTES.keys() <= (await registered(bare)).keys()

    await eventually(there, "they were not registered")
    await require_registered(bare)
    assert set((await register(bare)).values()) == {PRESENT}

    operator = bare.operator_service
    names = ["DueAt", "Labels"]
    await operator.remove_search_attributes(
        RemoveSearchAttributesRequest(namespace=bare.namespace, search_attributes=names)
    )

    async def gone() -> bool:
        return not set(names) & (await registered(bare)).keys()

    await eventually(gone, "they were not removed")
    await operator.add_search_attributes(
        AddSearchAttributesRequest(
            namespace=bare.namespace, search_attributes={"DueAt": VALUE_TYPES["Channel"]}
        )
    )

    async def wrong() -> bool:
        return "DueAt" in await registered(bare)

    await eventually(wrong, "it was not added")
    with pytest.raises(
        WrongTypes, match=r"(?s)DueAt is of type Keyword, but .* Datetime.*remove --namespace support "
    ):
        await register(bare)
    assert "Labels" not in await registered(bare), "nothing is registered beside one that is wrong"


async def test_registering_says_what_it_did(baton: Baton) -> None:
    said = await baton.run("ops", "register", "--json")

    assert said.json == [
        {"name": name, "type": kind, "what": PRESENT} for name, kind in SEARCH_ATTRIBUTES.items()
    ]


# --- Filters ------------------------------------------------------------------------------------


@workflow.defn(name=CHAT_WORKFLOW, sandboxed=False)
class Broken:
    """A chat from a release with a bug."""

    @workflow.run
    async def run(self) -> None:
        raise RuntimeError("a mistake in the code")


async def test_a_case_that_the_code_cannot_go_on_with_is_found_as_stuck() -> None:
    """Its workflow task fails again and again."""
    queue = fresh("broken")
    stuck = next(one for one in filters(datetime.now(UTC), task_queue=queue) if one.name == "stuck")
    # By itself, the server reports a case after five failures, which takes most of a minute: from the second
    # failure on, the worker says nothing, and the task times out.
    soon = {"system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute": "2"}
    async with (
        running_server(**soon) as environment,
        Worker(
            environment.client,
            task_queue=queue,
            workflows=[Broken],
            workflow_runner=UnsandboxedWorkflowRunner(),
        ),
    ):
        client = environment.client
        await client.start_workflow(
            CHAT_WORKFLOW,
            id=f"chat:{CHANNEL}:{queue}",
            task_queue=queue,
            task_timeout=timedelta(seconds=1),
        )

        async def reported() -> bool:
            return (await client.count_workflows(stuck.query)).count == 1

        await eventually(reported, "it was not found")


async def test_filters_are_printed_with_links_and_numbers(baton: Baton) -> None:
    label = fresh("a b")  # no other test has it
    said = await baton.run("ops", "filters", "department", "overdue", "--label", label, "--count", "--json")

    department, overdue = said.json
    assert department["cases"] == 0
    assert department["link"].startswith(
        "http://127.0.0.1:8233/namespaces/default/workflows?query=WorkflowType"
    )
    assert department["link"].endswith(
        f"Labels%20%3D%20%27{quote(label)}%27%20AND%20ExecutionStatus%20%3D%20%27Running%27"
    )
    assert overdue["name"] == "overdue"
    unknown = await baton.run("ops", "filters", "mine")
    assert (unknown.code, "with --staff mine" in unknown.err) == (2, True)


async def test_each_activity_and_timer_says_what_it_is_about(rig: Rig) -> None:
    chat, ticket = fresh("summary"), fresh("T-summary")
    await rig.customer(chat)
    await rig.staff(chat, "lena")
    await rig.customer(chat)
    await rig.asked(ticket, "three-departments")
    for staff in ("lena", "oleg", "maria"):
        await rig.note(staff, ticket)
    await rig.on_ticket("maria", ticket, "send_reply", text="Here you are.")
    converter = rig.client.temporal.data_converter.payload_converter
    for case, least in ((chat, 3), (f"ticket:{ticket}", 6)):
        await rig.settled(case)
        shown = [
            (one.event_type, converter.from_payload(one.user_metadata.summary))
            for one in (await rig.history(case)).events
            if one.event_type in SUMMARIZED
        ]
        assert {kind for kind, _ in shown} == SUMMARIZED
        assert len(shown) >= least
        assert all(summary for _, summary in shown)


# --- Repairs ------------------------------------------------------------------------------------


class LameHelpDesk(EmbeddedHelpDesk):
    """Takes events in, but no writes."""

    lame = False

    async def write_case(self, write: CaseWrite) -> bool:
        self._limp()
        return await super().write_case(write)

    async def notify(self, notice: Notice) -> tuple[str, ...]:
        self._limp()
        return await super().notify(notice)

    def _limp(self) -> None:
        if LameHelpDesk.lame:
            raise HelpDeskUnavailable("it takes no writes")


async def pending(rig: Rig, chat: str) -> list[Any]:
    described = await rig.handle(chat).describe()
    return list(described.raw_description.pending_activities)


async def test_a_stuck_write_is_sent_again_at_once(
    open_a_rig: RigOpener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LameHelpDesk, "lame", True)
    # As after many failures, so that the test need not wait for them.
    monkeypatch.setattr(outbox, "_RETRY", RetryPolicy(initial_interval=timedelta(hours=1)))
    async with open_a_rig(desk_class=LameHelpDesk) as rig:
        baton, chat = Baton(rig, tmp_path), fresh("resend")
        await rig.customer(chat)
        nothing = (await baton.run("ops", "resend", f"telegram:{fresh('none')}", "--json")).json

        async def waits_long() -> bool:
            found = await pending(rig, chat)
            scheduled = PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED
            return bool(found) and found[0].attempt == 2 and found[0].state == scheduled

        await eventually(waits_long, "it did not fail")
        (write,) = await pending(rig, chat)
        by_itself = write.next_attempt_schedule_time.ToDatetime(UTC)
        LameHelpDesk.lame = False

        (would,) = (await baton.run("ops", "resend", f"telegram:{chat}", "--dry-run", "--json")).json
        assert (would["verdict"], "notify: 1 failed (it takes no writes)" in would["detail"]) == (
            "would be done",
            True,
        )
        assert [one.attempt for one in await pending(rig, chat)] == [2]

        query = f"TaskQueue = '{rig.settings.task_queue}'"
        (done,) = (await baton.run("ops", "resend", "--query", query, "--json")).json
        assert (done["case"], done["verdict"]) == (f"chat:{CHANNEL}:{chat}", "done")
        await rig.settled(chat)
        assert datetime.now(UTC) < by_itself, "it was sent before its own next attempt"
        assert len(await applied_keys(rig.desk, ":notify")) == 1
        assert [one["verdict"] for one in nothing] == ["failed"]
        again = await baton.run("ops", "resend", f"telegram:{chat}", "--json")
        assert (again.code, again.json[0]["verdict"]) == (0, "nothing to do")


async def test_a_poked_case_minds_a_timed_rule_that_is_new(open_a_rig: RigOpener, tmp_path: Path) -> None:
    async with open_a_rig(rules=NO_RULES) as rig:
        baton, chat = Baton(rig, tmp_path), fresh("poke")
        await rig.customer(chat)
        before = await rule_digests(rig.desk)
        rig.settings.rules_file.write_text(rules_but(drop=[""], add={"timed": [WAITED]}), encoding="utf-8")

        async def in_force() -> bool:
            return len(await rule_digests(rig.desk)) > len(before)

        await eventually(in_force, "the new rules were not put in force")
        await rig.fast_forward(chat, minutes=2)
        await rig.settled(chat)
        assert (await rig.snapshot(chat)).labels == ()

        assert "would be done" in await baton("ops", "poke", f"telegram:{chat}", "--dry-run")
        assert (await rig.snapshot(chat)).labels == ()
        assert "done" in await baton("ops", "poke", f"chat:telegram:{chat}")

        async def fired() -> bool:
            return (await rig.snapshot(chat)).labels == ("urgent",)

        await eventually(fired, "the rule did not fire")
        await baton("ops", "poke", f"telegram:{chat}")
        await rig.settled(chat)
        timeline = await rig.client.chat(CHANNEL, chat).timeline()
        assert [entry.rules for entry in timeline if entry.kind == "timed_due"] == [("waited",), ()]
        assert not failed_tasks(await rig.history(chat))


async def test_a_poke_leaves_tickets_and_what_is_closed_alone(rig: Rig, baton: Baton) -> None:
    ticket, chat = fresh("T-poke"), fresh("poke-closed")
    await rig.asked(ticket, "three-departments-quiet")
    before = await rig.ticket(ticket)
    await rig.customer(chat)
    await rig.by("ivan", chat, "chat_ended", status="closed")
    await rig.handle(chat).result()

    said = await baton.run("ops", "poke", ticket, f"telegram:{chat}", "--json")

    assert verdicts(said.json) == {f"ticket:{ticket}": "done", f"chat:telegram:{chat}": "failed"}
    assert (said.code, said.json[1]["detail"]) == (1, "there is no such case, or it is closed")

    async def folded() -> bool:
        return (await rig.client.ticket(ticket).timeline())[-1].kind == "timed_due"

    await eventually(folded, "the ticket was not poked")
    assert await rig.ticket(ticket) == before


async def test_a_decision_is_made_again_by_the_same_and_by_other_rules(rig: Rig, baton: Baton) -> None:
    chat = fresh("redecide")
    await rig.customer(chat)
    answered = await rig.staff(chat, "lena", id=fresh("m"))
    event_id = answered.event_id
    assert [one.rule for one in answered.fired] == ["line-2-takes-over"]
    await rig.settled(chat)
    length = len((await rig.history(chat)).events)

    same = (await baton.run("ops", "redecide", f"telegram:{chat}", event_id, "--json")).json
    assert same["same"] is True
    assert same["recorded"] == same["again"]
    assert same["recorded"]["snapshot"] == answered.snapshot.model_dump(mode="json")
    assert same["event"]["author"] == {"type": "staff", "id": "lena"}

    (baton.folder / "none.yaml").write_text(NO_RULES)
    other = (
        await baton.run("ops", "redecide", f"telegram:{chat}", event_id, "--rules", "none.yaml", "--json")
    ).json
    assert (other["same"], other["again"]["fired"]) == (False, [])
    assert other["again"]["snapshot"]["pinned_to"] == "lena"
    assert other["recorded"]["snapshot"]["assignee"] == "ivan"

    shown = await baton("ops", "redecide", f"telegram:{chat}", event_id, "--rules", "none.yaml")
    assert "line-2-takes-over" in shown
    assert "They differ." in shown
    unknown = await baton.run("ops", "redecide", f"telegram:{chat}", "m-unknown")
    assert (unknown.code, "No decision about an event 'm-unknown'" in unknown.err) == (1, True)
    assert len((await rig.history(chat)).events) == length, "nothing was changed"


async def test_a_ticket_decision_is_made_again(rig: Rig, baton: Baton) -> None:
    ticket = fresh("T-redecide")
    await rig.asked(ticket, "billing-and-delivery")
    await rig.note("lena", ticket)
    await rig.note("maria", ticket, id=fresh("last"))
    last = (await rig.client.ticket(ticket).timeline())[-1].event_id

    again = (await baton.run("ops", "redecide", ticket, last, "--json")).json

    assert again["same"] is True
    assert again["again"]["snapshot"]["stage"] == "composing"
    assert again["again"]["snapshot"]["composer"] == "maria"


@pytest.fixture
async def encrypted(server: WorkflowEnvironment, tmp_path: Path) -> tuple[WorkflowEnvironment, Path]:
    """A client of the server with a key, and the file that holds the key."""
    keys = tmp_path / "keys"
    keys.write_text(key_line("first", new_key()) + "\n")
    keys.chmod(0o600)
    plugin = BatonPlugin(EncryptionCodec(KeyRing.read(keys)))
    address = server.client.service_client.config.target_host
    return WorkflowEnvironment.from_client(await Client.connect(address, plugins=[plugin])), keys


async def test_repairs_read_what_is_encrypted(
    encrypted: tuple[WorkflowEnvironment, Path],
    open_a_rig: RigOpener,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    environment, keys = encrypted
    monkeypatch.setattr(LameHelpDesk, "lame", True)
    async with open_a_rig(environment=environment, desk_class=LameHelpDesk) as rig:
        baton, chat = Baton(rig, tmp_path, BATON_ENCRYPTION_KEYS_FILE=str(keys)), fresh("encrypted")
        await rig.customer(chat)
        answered = await rig.staff(chat, "lena")

        async def waits() -> bool:
            return any(one.attempt > 1 for one in await pending(rig, chat))

        await eventually(waits, "it was not tried again")
        resend = (await baton.run("ops", "resend", f"telegram:{chat}", "--dry-run", "--json")).json
        assert " failed (it takes no writes)" in resend[0]["detail"]

        redecide = ("ops", "redecide", f"telegram:{chat}", answered.event_id, "--json")
        again = (await baton.run(*redecide)).json
        assert again["same"] is True
        assert again["recorded"]["fired"] == [one.model_dump(mode="json") for one in answered.fired]
        without = await Baton(rig, tmp_path).run(*redecide)
        assert (without.code, without.err.count("\n")) == (1, 1)
        assert without.err.endswith("and this process has no keys: set BATON_ENCRYPTION_KEYS_FILE\n")
        monkeypatch.setattr(LameHelpDesk, "lame", False)


async def test_cases_go_back_to_before_a_bad_release(open_a_rig: RigOpener, tmp_path: Path) -> None:
    """The bad rules end a chat that lena answers; under the good ones, the same events leave it with her."""
    async with open_a_rig(rules=rules_but(drop=["line-2"])) as rig:
        baton, chat, other = Baton(rig, tmp_path), fresh("reset"), fresh("reset-not")
        for one in (chat, other):
            await rig.customer(one)
            await rig.by("lena", one, "taken")
            await rig.settled(one)
        at = datetime.now(UTC)
        bad = await rig.by("lena", chat, "assigned", staff="petra")
        wrong_label = await rig.by("petra", chat, "labels_changed", add=["vip"])
        await rig.settled(chat)
        keys = await applied_keys(rig.desk)
        query = f"TaskQueue = '{rig.settings.task_queue}' AND ExecutionStatus = 'Running'"
        reset = (
            "ops",
            "reset",
            "--query",
            query,
            "--before",
            at.isoformat(),
            "--reason",
            "release 7",
            "--json",
        )

        async def visible() -> bool:
            return (await rig.client.temporal.count_workflows(query)).count == 2

        await eventually(visible, "the chats are not listed")
        would = (await baton.run(*reset, "--dry-run")).json
        runs = {(await rig.handle(one).describe()).run_id for one in (chat, other)}
        wanted = {f"chat:{CHANNEL}:{chat}": "done", f"chat:{CHANNEL}:{other}": "nothing to do"}
        assert verdicts(would) == {**wanted, f"chat:{CHANNEL}:{chat}": "would be done"}

        assert verdicts((await baton.run(*reset)).json) == wanted
        assert {(await rig.handle(one).describe()).run_id for one in (chat, other)} - runs
        await rig.settled(chat)

        assert await rig.snapshot(chat) == wrong_label.snapshot, "later events are taken again"
        assert bad.snapshot.assignee == "petra"
        assert sorted(await applied_keys(rig.desk)) == sorted(keys), "and nothing is written twice"
        kept = [one.event_id for one in await events_of(rig.desk, chat)]
        assert len(kept) == len(set(kept)) == 4
        assert not failed_tasks(await rig.history(chat))

        history = await rig.history(other)
        builds = {
            one.workflow_task_completed_event_attributes.worker_version.build_id
            or one.workflow_task_completed_event_attributes.deployment_version.build_id
            for one in history.events
            if one.HasField("workflow_task_completed_event_attributes")
        }
        (build,) = builds
        by_release = await baton.run(
            *(
                "ops",
                "reset",
                f"telegram:{other}",
                "--before",
                build,
                "--reason",
                "release",
                "--dry-run",
                "--json",
            )
        )
        assert by_release.json[0]["detail"].startswith("to event 4 of ")
        to_event = await baton.run(
            *("ops", "reset", f"telegram:{other}", "--to", "5", "--reason", "by hand", "--json")
        )
        assert verdicts(to_event.json) == {f"chat:{CHANNEL}:{other}": "done"}
        await rig.settled(other)
        assert (await rig.snapshot(other)).pinned_to == "lena"


async def test_everything_that_somebody_has_is_handed_over(rig: Rig, baton: Baton) -> None:
    mine, ended, others, ticket, composing = (fresh("leaving") for _ in range(5))
    for chat in (mine, ended):
        await rig.customer(chat)
        await rig.by("petra", chat, "taken")
    await rig.by("petra", ended, "chat_ended", status="pending")
    await rig.customer(others)
    await rig.by("ivan", others, "taken")
    await rig.on_ticket("customer", ticket, "customer_message", text="Hello?")
    await rig.on_ticket("petra", ticket, "taken")
    await rig.asked(composing, "billing-and-delivery")
    await rig.note("lena", composing)
    await rig.note("maria", composing)
    assert (await rig.on_ticket("petra", composing, "assigned", staff="petra")).snapshot.composer == "petra"
    cases = {f"chat:{CHANNEL}:{mine}", f"chat:{CHANNEL}:{ended}", f"ticket:{ticket}", f"ticket:{composing}"}
    queue = f"TaskQueue = '{rig.settings.task_queue}'"
    reassign = ("ops", "reassign", "--from", "staff:petra", "--query", queue, "--json")

    async def listed() -> bool:
        query = f"{queue} AND Assignee = 'petra' AND ExecutionStatus = 'Running'"
        return (await rig.client.temporal.count_workflows(query)).count == len(cases)

    await eventually(listed, "the cases are not listed")
    nobody = await baton.run(*reassign, "--to", "staff:iwan")
    assert (nobody.code, "did you mean ivan?" in nobody.err) == (2, True)
    would = await baton.run(*reassign, "--to", "staff:ivan", "--dry-run")
    assert verdicts(would.json) == dict.fromkeys(cases, "would be done")
    assert (await rig.snapshot(mine)).assignee == "petra"

    first, second = await asyncio.gather(
        baton.run(*reassign, "--to", "staff:ivan", "--id", "leaves-1"),
        baton.run(*reassign, "--to", "staff:ivan", "--id", "leaves-1"),
    )
    assert first.code == second.code == 0
    assert verdicts(first.json).keys() | verdicts(second.json).keys() == cases
    assert (await rig.snapshot(mine)).pinned_to == "ivan"
    assert (await rig.snapshot(ended)).assignee == "ivan"
    assert (await rig.ticket(ticket)).assignee == "ivan"
    assert (await rig.ticket(composing)).composer == "ivan"
    for chat in (mine, ended):
        kinds = [entry.kind for entry in await rig.client.chat(CHANNEL, chat).timeline()]
        assert kinds.count("assigned") == 1, "two commands at once count once"

    async def unlisted() -> bool:
        return not (await baton.run(*reassign, "--to", "line:line-1")).json

    await eventually(unlisted, "she is still listed")
    slip = await baton.run("ops", "reassign", "--from", "staff:petre", "--to", "staff:ivan")
    assert (slip.code, slip.out) == (2, "")
    assert "--from: there is nobody 'petre' in the directory; did you mean petra?" in slip.err


async def test_what_somebody_has_is_handed_on_to_their_own_line_and_a_second_run_finds_nothing(
    rig: Rig, baton: Baton
) -> None:
    chat, ticket, composing = fresh("mine"), fresh("ticket"), fresh("composing")
    await rig.presence("petra", Presence.OFFLINE, ago=timedelta(hours=1))
    await rig.customer(chat)
    await rig.by("ivan", chat, "taken")
    await rig.on_ticket("customer", ticket, "customer_message", text="Hello?")
    await rig.on_ticket("ivan", ticket, "taken")
    await rig.asked(composing, "billing-and-delivery")
    await rig.note("lena", composing)
    await rig.note("maria", composing)
    await rig.on_ticket("ivan", composing, "taken")
    queue = f"TaskQueue = '{rig.settings.task_queue}'"
    reassign = ("ops", "reassign", "--from", "staff:ivan", "--to", "line:line-1", "--query", queue, "--json")
    cases = {f"chat:{CHANNEL}:{chat}", f"ticket:{ticket}", f"ticket:{composing}"}

    async def listed() -> bool:
        return verdicts((await baton.run(*reassign, "--dry-run")).json).keys() == cases

    await eventually(listed, "the cases are not listed")
    assert verdicts((await baton.run(*reassign)).json) == dict.fromkeys(cases, "done")
    handed = await rig.snapshot(chat)
    assert (handed.tab, handed.assignee, handed.line) == (Tab.NEW, None, "line-1")
    for one in (ticket, composing):
        shown = await rig.ticket(one)
        assert (shown.assignee, shown.composer, shown.line) == (None, None, "line-1")

    async def unlisted() -> bool:
        return not (await baton.run(*reassign)).json

    await eventually(unlisted, "a second run still finds something")
    await rig.by("ivan", chat, "taken")
    assert (await rig.snapshot(chat)).pinned_to == "ivan", "by hand, he may take it again"


async def test_a_filter_that_the_server_does_not_know_is_one_sentence(baton: Baton) -> None:
    said = await baton.run("ops", "poke", "--query", "Colour = 'red'", "--dry-run")

    assert said.code == 1
    assert said.err.startswith("Error: Temporal does not take the filter \"Colour = 'red'\": ")
    neither = await baton.run("ops", "poke")
    assert (neither.code, "Name the cases, or give a filter" in neither.err) == (2, True)
