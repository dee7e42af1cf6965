"""``baton report``: figures about a period, or about now."""

from __future__ import annotations

from datetime import datetime

import click

from baton.cli.screen import echo
from baton.cli.shared import as_json, desk_client, print_json, run
from baton.cli.times import as_typed, utc_option
from baton.desk.reports import ReportName

_NAMES = [name.value for name in ReportName]


class _Moment(click.ParamType[datetime]):
    """A day or a moment, as somebody types it: its beginning, if it is a day."""

    name = "TIME"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            return datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no time: write it as 2026-03-02 or 2026-03-02T09:00", param, ctx)


@click.command("report")
@click.argument("name", type=click.Choice(_NAMES))
@click.option("--from", "since", type=_Moment(), help="Where the period begins: seven days before its end.")
@click.option("--to", "until", type=_Moment(), help="The first moment after the period: now.")
@click.option("--line", metavar="LINE", help="Only what concerns this line.")
@click.option("--zone", metavar="ZONE", help="The time zone of weekdays and hours, such as Europe/Berlin.")
@click.option("--table", metavar="TABLE", help="Only this table; CSV is always one table, the first.")
@click.option("--csv", "csv_", is_flag=True, help="Print CSV, for spreadsheets.")
@utc_option
@as_json
def command(
    name: str,
    since: datetime | None,
    until: datetime | None,
    line: str | None,
    zone: str | None,
    table: str | None,
    csv_: bool,
    json_: bool,
) -> None:
    """Figures about the last seven days, or another period. See docs/reports.md for what each one counts.

    \b
      handoffs  who got cases from whom, moved by which rule
      waiting   how long customers, departments and rounds waited
      late      who waits now: overdue answers, longest waits
      replies   rounds of tickets: prompted, replied, forced
      hours     when messages are written, by weekday and hour

    \b
      baton report waiting --line line-1
      baton report hours --from 2026-03-01 --to 2026-04-01 --csv
    """
    if csv_ and json_:
        raise click.UsageError("--csv or --json, not both")
    run(_report, ReportName(name), since, until, line, zone, table, csv_, json_)


async def _report(
    name: ReportName,
    since: datetime | None,
    until: datetime | None,
    line: str | None,
    zone: str | None,
    table: str | None,
    csv_: bool,
    json_: bool,
) -> None:
    from pydantic import ValidationError

    from baton.cli.desk.reporttext import show
    from baton.desk.csvtext import as_csv
    from baton.desk.reports import ReportQuery, only
    from baton.errors import InvalidEvent
    from baton.wording import mistakes_in

    try:
        query = ReportQuery(
            name=name,
            since=as_typed(since) if since else None,
            until=as_typed(until) if until else None,
            line=line,
            zone=zone,
        )
    except ValidationError as error:
        raise InvalidEvent(mistakes_in(error, "report")) from None
    async with desk_client() as desk:
        report = await desk.report(query)
    if table is not None:
        report = only(report, table)
    if json_:
        print_json(report)
    elif csv_:
        echo(as_csv(report.tables[0]), nl=False)
    else:
        show(report)
