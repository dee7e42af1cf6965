"""Writes the generated parts of the documentation.

    python -m docs.generate

A part is between ``<!-- generated: NAME -->`` and ``<!-- end -->``. The function of that name in ``PARTS``
makes it from the code. A test fails if one is out of date.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from baton.model.chat.lifecycle import diagram
from baton.model.ticket.lifecycle import diagram as stages_diagram
from baton.settings import CHECKOUT
from docs.parts import activities, conditions, contract, metrics, payloads, rooms, rules, settings, templates
from docs.parts.markdown import mermaid

DOCUMENTS = (
    CHECKOUT / "README.md",
    *(CHECKOUT / "docs" / name for name in ("architecture.md", "chats.md", "contract.md", "tickets.md")),
    *(CHECKOUT / "docs" / name for name in ("operations.md", "rules.md", "settings.md", "templates.md")),
    CHECKOUT / "docs/observability.md",
    CHECKOUT / "README.ru.md",
    *(CHECKOUT / "docs/ru" / name for name in ("chats.md", "tickets.md")),
)

_PART = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)

PARTS: Mapping[str, Callable[[], str]] = {
    "lifecycle": lambda: mermaid(diagram()),
    "events": contract.events,
    "limits": contract.limits,
    "template-work": templates.template_work,
    "stages": lambda: mermaid(stages_diagram()),
    "snapshot": payloads.snapshot,
    "ticket-snapshot": payloads.ticket_snapshot,
    "department": payloads.department,
    "draft": payloads.draft,
    "outcome": payloads.outcome,
    "timeline": payloads.timeline,
    "summary": payloads.summary,
    "refusals": contract.refusals,
    "presences": contract.presences,
    "repeating": contract.repeating,
    "search-attributes": contract.search_attributes,
    "search-attribute-commands": contract.search_attribute_commands,
    "activities": activities.activities,
    "desk-activities": activities.desk_activities,
    "rule-lists": rules.rule_lists,
    "rule-keys": rules.rule_keys,
    "rule-fields": conditions.rule_fields,
    "rule-previous": conditions.rule_previous,
    "rule-named": conditions.rule_named,
    "rule-kinds": conditions.rule_kinds,
    "rule-words": conditions.rule_words,
    "rule-times": conditions.rule_times,
    "rule-actions": rules.rule_actions,
    "template-keys": lambda: templates.template_fields("Template"),
    "template-notify": lambda: templates.template_fields("Notice"),
    "template-due": lambda: templates.template_fields("Due"),
    "settings": settings.settings,
    "metrics": metrics.metrics,
    "rooms": rooms.rooms,
    "layers": rooms.layers,
}


def generated(text: str) -> str:
    """The document with its generated parts made again."""
    return _PART.sub(lambda found: f"{found[1]}\n{PARTS[found[2]]()}\n\n{found[3]}", text)


def main() -> None:
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        new = generated(text)
        if new != text:
            path.write_text(new, encoding="utf-8")
            print(f"written: {path.relative_to(CHECKOUT)}")


if __name__ == "__main__":
    main()
