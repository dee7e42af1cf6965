"""Template files: their keys, and how much work a text may take."""

from __future__ import annotations

from baton.templates.schema import templates_schema
from baton.templates.work import Work
from docs.parts.markdown import filled, table


def template_fields(model: str) -> str:
    schema = templates_schema()["$defs"][model]
    rows = (
        [f"`{name}`", "yes" if name in schema.get("required", ()) else "", said["description"]]
        for name, said in schema["properties"].items()
    )
    return table(["key", "needed", "meaning"], rows)


def template_work() -> str:
    work = Work()
    return filled(
        f"A text is rendered within a budget: {work.steps:,} steps – each turn of a loop takes as many as "
        f"its body has parts – and {work.characters:,} characters that filters and operators read and write. "
        "What would take more is refused before it is done, and fails like anything else."
    )
