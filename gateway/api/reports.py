"""Reports: figures about a period, or about now, as JSON or CSV."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import Header, Query, Request, Response

from baton.contract import Instant
from baton.desk.apikeys import Scope
from baton.desk.csvtext import as_csv
from baton.desk.reports import Report, ReportName, ReportQuery, only
from baton.documents.zones import Zone
from baton.errors import InvalidEvent, UnknownStaff
from gateway.backend import Backend
from gateway.problems import UNAVAILABLE, UNKNOWN_STAFF, ProblemError, invalid
from gateway.routing import BackendOf, api_router, needs, sent

router = api_router()

_CSV = "text/csv; charset=utf-8"
_NEEDS: dict[str, Any] = needs(Scope.READ, UNKNOWN_STAFF)
_NEEDS["responses"] |= {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}


@router.get(
    "/reports/{name}",
    response_model=Report,
    summary="A report",
    tags=["reports"],
    **_NEEDS,
)
async def report(
    name: ReportName,
    request: Request,
    backend: BackendOf,
    since: Annotated[
        Instant | None, Query(alias="from", description="Where the period begins: a week before its end.")
    ] = None,
    until: Annotated[
        Instant | None, Query(alias="to", description="The first moment after the period: now.")
    ] = None,
    line: Annotated[str | None, Query(description="Only what concerns this line.", max_length=100)] = None,
    zone: Annotated[Zone | None, Query(description="The zone of weekdays and hours.")] = None,
    table: Annotated[str | None, Query(description="Only this table; in CSV, the first.")] = None,
    format: Annotated[  # noqa: A002  # the name of the parameter
        Literal["json", "csv"] | None, Query(description="Instead of the header `Accept`.")
    ] = None,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> Response:
    """`handoffs`, `waiting`, `late`, `replies` or `hours`, read from the database as it is now. With
    `text/csv` as `Accept`, or `format=csv`, one table as CSV."""
    now = datetime.now(UTC)
    if since is not None and since >= min(until or now, now):
        raise invalid([{"field": "from", "message": "the period must begin before its end, and before now"}])
    query = ReportQuery(name=name, since=since, until=until, line=line, zone=zone)
    try:
        found = await _made(request.app.state.reports, backend, query, now)
    except UnknownStaff as unknown:
        said = str(unknown)
        raise ProblemError(UNKNOWN_STAFF, said, errors=[{"field": "line", "message": said}]) from None
    if table is not None:
        try:
            found = only(found, table)
        except InvalidEvent as error:
            raise invalid([{"field": "table", "message": str(error)}]) from None
    if format == "csv" or (format is None and _prefers_csv(accept)):
        name_of_file = f"{name.value}-{found.tables[0].name}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name_of_file}"'}
        return Response(as_csv(found.tables[0]), headers=headers, media_type=_CSV)
    return sent(found)


async def _made(turn: asyncio.Semaphore, backend: Backend, query: ReportQuery, now: datetime) -> Report:
    """The report. It has its turn until it is read, even if nobody waits for it any more."""
    if turn.locked():
        raise ProblemError(UNAVAILABLE, "other reports are being made", headers={"Retry-After": "2"})

    async def make() -> Report:
        async with turn:
            return await (await backend.ledger()).report(query, now)

    making = asyncio.create_task(make())
    making.add_done_callback(lambda done: done.cancelled() or done.exception())
    return await asyncio.shield(making)


def _prefers_csv(accept: str) -> bool:
    """Whether CSV is named before JSON, or anything."""
    kinds = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    return next(
        (kind == "text/csv" for kind in kinds if kind in ("text/csv", "application/json", "*/*")), False
    )
