"""The company whose chats are measured: two lines of the same size, and one writer who is in neither.

A message of the writer into an ended chat hands it to the other of the two lines. So one chat can be handed
over again and again, and each time that costs what the budget allows: update, decide, upsert, reassign.
"""

from __future__ import annotations

from pathlib import Path

from lab.rig import NO_RULES, rules_but

WRITER = "writer"
MOST = 100
"""``max_chats`` of everybody: nobody is ever full."""


LINES = ("line-1", "line-2")


def of_line(line: str, members: int) -> list[str]:
    """The people of a line."""
    return [f"agent-{line[-1]}-{number}" for number in range(1, members + 1)]


def people(members: int) -> list[str]:
    """Everybody who has to be online."""
    return [staff for line in LINES for staff in of_line(line, members)]


def directory(members: int) -> str:
    """A directory whose two lines have so many members each."""
    staff = (
        f"  {staff}: {{line: {line}, max_chats: {MOST}}}\n"
        for line in LINES
        for staff in of_line(line, members)
    )
    return (
        "lines: {line-1: {}, line-2: {}, others: {}}\n"
        f"staff:\n{''.join(staff)}  {WRITER}: {{line: others, chats: false}}\n"
    )


def rules() -> str:
    """The shipped rules, without those that would take part in the handoff, and the two that make it."""
    handing = [
        {
            "id": f"to-{to}",
            "name": f"A message of the writer hands a chat of {of} to {to}",
            "when": {"event.kind": "agent_message", "event.author": WRITER, "before.line": of},
            "then": [{"end chat": {"status": "pending"}}, {"assign": {"line": to}}],
            "stop": True,
        }
        for of, to in (LINES, LINES[::-1])
    ]
    return rules_but(drop=["line-2-"], add={"changed": handing})


def written(folder: Path, members: int) -> dict[str, str]:
    """Write all of it into a folder. Returns the settings that name it, as environment variables."""
    files = {
        "BATON_DIRECTORY_FILE": directory(members),
        "BATON_RULES_FILE": rules(),
        "BATON_TEMPLATES_FILE": NO_RULES,  # the shipped ones name departments that are not here
    }
    paths = {variable: folder / f"{variable.lower()}.yaml" for variable in files}
    for variable, text in files.items():
        paths[variable].write_text(text, encoding="utf-8")
    return {variable: str(path) for variable, path in paths.items()}
