"""Times as people read them: in their own zone, which is named."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import click
import pytest
from click.testing import CliRunner

from baton.cli.times import as_typed, clock, heading, minute, moment, utc_option

WINTER = datetime(2026, 3, 2, 12, 30, 15, tzinfo=UTC)
SUMMER = datetime(2026, 7, 2, 22, 30, 15, tzinfo=UTC)


@pytest.fixture(autouse=True)
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Sets the local zone, as the environment of a process does. It is Berlin's."""

    def set_to(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    set_to("Europe/Berlin")
    yield set_to
    monkeypatch.undo()
    time.tzset()


def shown(text: Callable[[], str], *arguments: str) -> str:
    """What a command with the option says."""

    @click.command()
    @utc_option
    def say() -> None:
        click.echo(text(), nl=False)

    return CliRunner().invoke(say, arguments, catch_exceptions=False).output


def test_a_time_is_in_the_local_zone_which_it_names() -> None:
    assert shown(lambda: moment(WINTER)) == "2026-03-02 13:30:15 CET"
    assert shown(lambda: moment(SUMMER)) == "2026-07-03 00:30:15 CEST"


def test_or_in_utc() -> None:
    assert shown(lambda: moment(SUMMER), "--utc") == "2026-07-02 22:30:15 UTC"
    assert (
        shown(lambda: f"{clock(SUMMER)} {minute(SUMMER)}", "--utc") == "2026-07-02 22:30:15 2026-07-02 22:30"
    )
    assert shown(lambda: heading("Due", [SUMMER]), "--utc") == "Due (UTC)"


def test_one_command_in_utc_changes_no_other() -> None:
    shown(lambda: "", "--utc")

    assert moment(WINTER) == "2026-03-02 13:30:15 CET"


def test_a_column_names_the_zone_of_its_times() -> None:
    assert heading("Due", [None, WINTER]) == "Due (CET)"
    assert heading("Due", [SUMMER, WINTER, None]) == "Due (CEST/CET)"
    assert (clock(WINTER), minute(WINTER)) == ("2026-03-02 13:30:15", "2026-03-02 13:30")


def test_a_column_without_times_names_the_zone_of_today(zone: Callable[[str], None]) -> None:
    zone("Asia/Tokyo")

    assert heading("Due", [None]) == "Due (JST)"


def test_a_zone_without_a_name_is_named_by_its_offset(zone: Callable[[str], None]) -> None:
    zone("America/Sao_Paulo")

    assert moment(WINTER) == "2026-03-02 09:30:15 UTC-03"
    assert heading("Due", [WINTER]) == "Due (UTC-03)"


def test_where_there_is_no_time_there_is_a_dash() -> None:
    assert (moment(None), clock(None), minute(None)) == ("–", "–", "–")


@pytest.mark.parametrize(
    ("typed", "arguments", "meant"),
    [
        ("2026-03-02T13:30:15", [], WINTER),
        ("2026-03-02T12:30:15", ["--utc"], WINTER),
        ("2026-03-02T12:30:15Z", [], WINTER),
        ("2026-03-02T14:30:15+02:00", ["--utc"], WINTER),
    ],
)
def test_a_time_is_typed_as_it_is_shown(typed: str, arguments: list[str], meant: datetime) -> None:
    assert shown(lambda: as_typed(datetime.fromisoformat(typed)).astimezone(UTC).isoformat(), *arguments) == (
        meant.isoformat()
    )
