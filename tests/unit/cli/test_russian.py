"""The commands that support people use every day, in Russian; and what stays English."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner, Result

from baton.cli import baton as program
from baton.contract import (
    Department,
    DepartmentState,
    Status,
    Tab,
    TicketSnapshot,
    TicketStage,
    TimelineEntry,
)
from baton.desk.api import Concern, Concerns, InboxRow, NoticeRow, TicketRow
from baton.errors import DepartmentsWaiting
from tests.fakes import IVANS_CHAT, NOON, FakeBaton, FakeDesk, opener

COMPANY = {
    "lines": {"line-1": {}},
    "staff": {"ivan": {"line": "line-1"}, "lena": {"line": "line-1", "chats": False, "shared": True}},
}
TICKET = TicketSnapshot(
    ticket_id="T-1",
    customer="c-7",
    subject="Всё сломалось",
    stage=TicketStage.COLLECTING,
    status=Status.OPEN,
    dispatcher="petra",
    labels=("billing",),
    departments=(
        Department(
            label="billing",
            state=DepartmentState.ASKED,
            asked_at=NOON,
            due_at=NOON + timedelta(hours=8),
            escalated=True,
        ),
    ),
    round=1,
    case_id="k-1",
)
TIMELINE = [
    TimelineEntry(
        at=NOON,
        event_id="e-1",
        kind="agent_message",
        author="staff:lena",
        what="ended · pending, assigned to ivan",
        rules=("hand-over",),
        moved=True,
    ),
    TimelineEntry(
        at=NOON,
        event_id="e-2",
        kind="assigned",
        author="staff:lena",
        refused="there is nobody 'x' in the directory; allowed: ivan",
    ),
]


@pytest.fixture(autouse=True)
def _in_russian(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_LANGUAGE", "ru")


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> FakeDesk:
    desk = FakeDesk(COMPANY)
    for module in ("desk.inbox", "cases.ticketlist", "desk.notices", "desk.staff", "desk.customer"):
        monkeypatch.setattr(f"baton.cli.{module}.desk_client", opener(desk))
    return desk


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeBaton:
    fake = FakeBaton()
    fake.chats["telegram", "42"] = IVANS_CHAT
    fake.tickets["T-1"] = TICKET
    fake.timelines["telegram", "42"] = TIMELINE
    for module in ("showing", "chatsending", "ticketsending", "ticketreading"):
        monkeypatch.setattr(f"baton.cli.cases.{module}.baton_client", opener(fake))
    return fake


def run(*arguments: str) -> Result:
    return CliRunner().invoke(program, arguments)


def test_the_inbox(desk: FakeDesk) -> None:
    row = InboxRow(
        case_id="c-1",
        channel="telegram",
        conversation="42",
        customer="c-7",
        tab=Tab.NEW,
        status=Status.OPEN,
        line="line-1",
        last_text="Где мой заказ?",
        waiting_since=NOON,
        waits_for="2 of line-1 online, both full",
    )
    desk.rows = [row]

    heading, line = run("inbox", "--tab", "new").output.splitlines()

    assert heading.split("  ")[0] == "Чат"
    for word in ("Вкладка", "Статус", "У кого чат", "Ждёт с (UTC)", "Почему ждёт", "Текст"):
        assert word in heading
    for word in ("Новые", "открытое", "очередь line-1", "на линии line-1 онлайн: 2, мест нет ни у кого"):
        assert word in line


@pytest.mark.parametrize(
    ("limit", "said"),
    [(1, "Показан первый 1 чат."), (2, "Показаны первые 2 чата."), (5, "Показаны первые 5 чатов.")],
)
def test_numbers_ask_for_their_own_forms(desk: FakeDesk, limit: int, said: str) -> None:
    row = InboxRow(
        case_id="c-1", channel="a", conversation="1", customer="c", tab=Tab.MINE, status=Status.OPEN
    )
    desk.rows = [row] * limit

    assert said in run("inbox", "--tab", "mine", "--limit", str(limit)).output


def test_the_list_of_tickets(desk: FakeDesk) -> None:
    desk.ticket_rows = [
        TicketRow(
            case_id="k-1",
            ticket_id="T-1",
            customer="c-7",
            stage=TicketStage.COLLECTING,
            status=Status.PENDING,
            asked=("billing",),
        )
    ]

    heading, line = run("ticket", "list").output.splitlines()

    assert [word for word in ("Тикет", "Этап", "Срок (UTC)", "У кого") if word not in heading] == []
    assert "сбор ответов (в ожидании)" in line


def test_notices(desk: FakeDesk) -> None:
    told = NoticeRow(told=("ivan", "lena"), count=585, everyone=True, reason="due soon: billing", at=NOON)
    desk.told = [told, told.model_copy(update={"everyone": False, "reason": "Срочно!"})]

    _, first, second = run("notices").output.splitlines()

    assert "все (585)" in first
    assert "скоро срок ответа: billing" in first
    assert "ivan и ещё 584" in second
    assert "Срочно!" in second


def test_staff(desk: FakeDesk) -> None:
    output = run("staff", "set-status", "ivan", "without_chats").output
    assert output.startswith("ivan: без чатов с ")
    assert run("staff", "set-status", "--all", "online").output == "2 сотрудника: онлайн.\n"


def test_a_change_of_staff_says_which_cases_it_concerns(desk: FakeDesk) -> None:
    reason = Concern(reason="lena is gone, and has it", cases=2, first=("chat:a:1",))
    desk.concerned = Concerns(chats=2, tickets=1, reasons=(reason,))

    refused = run("staff", "remove", "lena")
    assert "2 чата и 1 тикет, поэтому ничего не изменено" in refused.stderr

    done = run("staff", "remove", "lena", "--yes").output
    assert "Это касается обращений – 2 чата и 1 тикет:" in done
    assert "сотрудника lena больше нет, а обращение за ним" in done
    assert "Сотрудник lena удалён из справочника. Версия справочника теперь 2." in done


def test_a_chat(fake: FakeBaton) -> None:
    lines = run("chat", "show", "telegram:42", "--timeline").output.splitlines()

    assert "У кого чат           Чат закреплён за ivan." in lines
    assert "Состояние            активный · открытое (вкладка «Мои»)" in lines
    assert "Почему               правило hand-over, событие: сообщение сотрудника, сотрудник lena" in lines
    assert "Последнее сообщение  клиент c-7, 2026-03-02 12:00:00 UTC" in lines
    moved, refused = lines[-2:]
    assert "завершённый · в ожидании, ответственный ivan (правило hand-over)" in moved
    assert "отклонено: сотрудника 'x' нет в справочнике; есть: ivan" in refused


def test_a_ticket(fake: FakeBaton) -> None:
    lines = run("ticket", "show", "T-1").output.splitlines()

    assert "Чей ход              Ждём ответа: billing." in lines
    assert "Состояние            сбор ответов · открытое, круг 1" in lines
    assert lines[-1].split() == ["billing", "ждём", "ответа,", "срок", "истёк", "2026-03-02", "20:00", "–"]


def test_names_and_values_stand_below_one_another(fake: FakeBaton) -> None:
    for arguments in (("chat", "show", "telegram:42"), ("ticket", "show", "T-1")):
        for line in run(*arguments).output.partition("\n\n")[0].splitlines():
            assert line[20] == " "
            assert line[21] != " "


def test_a_refusal(fake: FakeBaton) -> None:
    fake.error = DepartmentsWaiting(
        "closing would pass over billing, asked and not yet answered: wait, withdraw them, or force it and "
        "say why"
    )

    done = run("ticket", "send", "T-1", "--from", "staff:petra", "--close")

    assert done.exit_code == 1
    assert done.stderr.startswith("Ошибка: нельзя закрыть, пока ждём ответа: billing.")


def test_what_programs_read_is_english(desk: FakeDesk, fake: FakeBaton) -> None:
    desk.told = [NoticeRow(told=("ivan",), count=1, reason="prompt", at=NOON)]

    assert json.loads(run("notices", "--json").output)[0]["reason"] == "prompt"
    shown = json.loads(run("chat", "show", "telegram:42", "--timeline", "--json").output)
    assert shown["snapshot"]["tab"] == "mine"
    assert shown["timeline"][0]["what"] == "ended · pending, assigned to ivan"


def test_help_is_english() -> None:
    assert "List the chats" in run("inbox", "--help").output


def test_a_language_that_nobody_speaks_here_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_LANGUAGE", "de")

    done = run("notices")

    assert done.exit_code == 1
    assert "The environment variable BATON_LANGUAGE is 'de'" in done.stderr
    assert "'en' or 'ru'" in done.stderr
