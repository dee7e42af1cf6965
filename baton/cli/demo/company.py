"""The companies of ``baton demo``: each has a worker with rules of its own, and a help desk of its own.

A rule set belongs to a worker. So there is one company with all rules of the shipped file, and one for each
rule that is switched off.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from baton.cli.demo.play import IDLE_CHANNEL, IDLE_SECONDS
from baton.cli.machine import free_port
from baton.errors import BatonError
from baton.rules.language import RuleList
from baton.rules.loading import load_rules
from baton.settings import CHECKOUT, Settings, load_settings
from baton.yamlfile import read_yaml

SHIPPED_RULES = CHECKOUT / "deploy/rules/support-lines.yaml"
SHIPPED_DIRECTORY = CHECKOUT / "deploy/directory/demo.yaml"
STOP_SECONDS = 1.0


@dataclass(frozen=True)
class Company:
    """A worker with a help desk of its own, and the rule that is switched off there, if any."""

    without: str | None
    settings: Settings

    @property
    def name(self) -> str:
        return f"worker without the rule {self.without}" if self.without else "worker with all rules"


def companies_for(run: str, rules: Iterable[str], folder: Path) -> Iterator[Company]:
    """A company with all of the shipped rules, and one without each of ``rules``; their files in ``folder``.

    ``run`` makes their task queues unique.
    """
    ports = {"temporal_port": free_port(), "ui_port": free_port()}
    for without in (None, *rules):
        name = f"without-{without}" if without else "with"
        place = folder / name
        place.mkdir()
        rules_file = place / "rules.yaml"
        rules_file.write_text(rules_without(without), encoding="utf-8")
        # Whatever the environment says: the table of situations holds for these settings.
        yield Company(
            without,
            load_settings(
                **ports,
                data_dir=place,
                database_url=f"sqlite:///{place}/baton.db",
                rules_file=rules_file,
                directory_file=SHIPPED_DIRECTORY,
                task_queue=f"{task_queues(run)}-{name}",
                worker_processes=1,
                idle_minutes=10,
                idle_minutes_by_channel={IDLE_CHANNEL: IDLE_SECONDS / 60},
                shutdown_grace_seconds=STOP_SECONDS,
                log_level="WARNING",
            ),
        )


def task_queues(run: str) -> str:
    """How the task queues of a run begin."""
    return f"baton-demo-{run}"


def rule_names() -> dict[str, str]:
    """The sentence that each of the shipped rules for chats has for a name."""
    rules = load_rules(SHIPPED_RULES, None)
    return {rule.id: rule.name for kind in RuleList for rule in rules.rules(kind) if rule.cases == "chats"}


def rules_without(rule: str | None) -> str:
    """The shipped rules, as a document in which one of them is switched off.

    Raises ``BatonError`` if there is no such rule, and ``DocumentError`` if the file cannot be read.
    """
    document: Any = read_yaml(SHIPPED_RULES).data
    if rule is not None:
        listed = [item for part in document.values() if isinstance(part, list) for item in part]
        found = [item for item in listed if item.get("id") == rule]
        if not found:
            raise BatonError(f"There is no rule {rule} in {SHIPPED_RULES}: the demo plays the shipped rules.")
        found[0]["enabled"] = False
    return json.dumps(document, ensure_ascii=False, indent=2)  # JSON is YAML, too
