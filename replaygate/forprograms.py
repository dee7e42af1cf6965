"""The report for programs: a JSON document, and JUnit as CI reads it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from baton.cli.shared import count
from baton.errors import BatonError
from replaygate.report import NOTHING, _sides, _value
from replaygate.result import Difference, HistoryVerdict, Result
from replaygate.tally import Tally

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_dict(tally: Tally) -> dict[str, Any]:
    """The report for programs."""
    return {
        "passed": tally.passed,
        **{verdict.value: tally.verdicts[verdict] for verdict in HistoryVerdict},
        "different": tally.different,
        "accepted": tally.known,
        "events": tally.events,
        "seconds": round(tally.seconds, 3),
        "events_per_second": round(tally.rate(), 1),
        "skipped_because": dict(tally.skipped),
        "new_fields": [kind._asdict() for kind in sorted(tally.added)],
        "histories": [
            result.model_dump(exclude={"added"})
            for result in tally.results
            if result.differences or result.verdict in (HistoryVerdict.BROKEN, HistoryVerdict.UNREADABLE)
        ],
    }


def write_junit(tally: Tally, path: Path) -> None:
    """A test case for each history, or one that fails if there was none to judge.

    Raises ``BatonError`` if the file cannot be written.
    """
    suite = ElementTree.Element(
        "testsuite",
        name="baton replay",
        tests=str(tally.done + tally.nothing),
        failures=str(tally.verdicts[HistoryVerdict.BROKEN] + (tally.different if tally.strict else 0)),
        errors=str(tally.verdicts[HistoryVerdict.UNREADABLE] + tally.nothing),
        skipped=str(tally.verdicts[HistoryVerdict.SKIPPED]),
        time=f"{tally.seconds:.3f}",
    )
    for result in tally.results:
        _add_case(suite, result, tally.strict)
    if tally.nothing:
        case = ElementTree.SubElement(suite, "testcase", classname="baton", name="replay", time="0.000")
        ElementTree.SubElement(case, "error", type="nothing", message=NOTHING)
    suites = ElementTree.Element("testsuites")
    suites.append(suite)
    try:
        path.write_bytes(ElementTree.tostring(suites, encoding="utf-8", xml_declaration=True))
    except OSError as error:
        raise BatonError(f"{path} cannot be written: {error.strerror}") from None


def _add_case(suite: ElementTree.Element, result: Result, strict: bool) -> None:
    name = f"{result.name} {result.run_id}" if result.name == result.workflow_id else result.name
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname=_xml(result.workflow_type or "unknown"),
        name=_xml(name),
        time=f"{result.seconds:.3f}",
    )
    differences = "\n".join(_as_line(one) for one in result.differences)
    match result.verdict:
        case HistoryVerdict.BROKEN:
            place = f"event {result.event}: " if result.event is not None else ""
            failure = ElementTree.SubElement(
                case, "failure", type="broken", message=_xml(f"{place}{result.what}")
            )
            failure.text = _xml(result.said)
        case HistoryVerdict.UNREADABLE:
            ElementTree.SubElement(case, "error", type="unreadable", message=_xml(result.what))
        case HistoryVerdict.SKIPPED:
            ElementTree.SubElement(case, "skipped", message=_xml(result.what))
        case HistoryVerdict.REPLAYED if differences and strict:
            said = f"{count(len(result.differences), 'difference')} in the content of commands"
            failure = ElementTree.SubElement(case, "failure", type="different", message=said)
            failure.text = _xml(differences)
        case HistoryVerdict.REPLAYED if differences:
            ElementTree.SubElement(case, "system-out").text = _xml(differences)


def _as_line(one: Difference) -> str:
    before, now = ("nothing" if one.only == side else _value(value) for side, value in _sides(one))
    return f"event {one.event}, {one.command}, {one.field}: the history has {before}, this code has {now}"


def _xml(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
