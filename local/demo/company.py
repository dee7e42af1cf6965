"""The companies of ``baton demo``: each has a worker with its own rules, and its own help desk.

A rule set belongs to a worker. So there is one company with all rules of the shipped file, and one for each
rule that is switched off. The directory and the templates are also the shipped ones, except for what the
tickets of the demo need: one person for each department, and due times that can be skipped at any hour.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from baton.documents.yaml import read_yaml
from baton.documents.yamlwriting import write_yaml
from baton.errors import BatonError
from baton.rules.language import RuleList
from baton.rules.loading import load_rules
from baton.settings import CHECKOUT, Settings, load_settings
from local.demo.play import IDLE_CHANNEL, IDLE_SECONDS
from local.demo.rt import RtQueue
from local.demo.tickettable import DUE, MEMBERS, PLAIN, WARRANTY
from local.machine import free_port

SHIPPED_RULES = CHECKOUT / "deploy/rules/support-lines.yaml"
SHIPPED_DIRECTORY = CHECKOUT / "deploy/directory/demo.yaml"
SHIPPED_TEMPLATES = CHECKOUT / "deploy/templates/several-departments.yaml"
STOP_SECONDS = 1.0


@dataclass(frozen=True)
class Company:
    """A worker with a help desk of its own, and the rule that is switched off there, if any."""

    without: str | None
    settings: Settings
    queue: RtQueue | None = None
    """Where its people work, if that is a Request Tracker."""

    @property
    def queue_name(self) -> str:
        """What its queue in a Request Tracker is called."""
        return "Without a rule" if self.without else "Support"

    def beside(self, queue: RtQueue) -> Company:
        """The same company, whose people work in this queue."""
        return replace(self, settings=self.settings.model_copy(update=dict(queue.files)), queue=queue)

    @property
    def name(self) -> str:
        return f"worker without the rule {self.without}" if self.without else "worker with all rules"


def companies_for(run: str, rules: Iterable[str], folder: Path) -> Iterator[Company]:
    """A company with all of the shipped rules, and one without each of ``rules``; their files in ``folder``.

    ``run`` makes their task queues unique.
    """
    ports = {name: free_port() for name in ("temporal_port", "ui_port", "gateway_port")}
    for without in (None, *rules):
        name = f"without-{without}" if without else "with"
        place = folder / name
        place.mkdir()
        texts = {
            "rules": rules_without(without),
            "directory": demo_directory(),
            "templates": demo_templates(),
        }
        files = {f"{kind}_file": place / f"{kind}.yaml" for kind in texts}
        for file, text in zip(files.values(), texts.values(), strict=True):
            file.write_text(text, encoding="utf-8")
        # Ignores the environment: the table of situations is made for these settings.
        yield Company(
            without,
            load_settings(
                data_dir=place,
                database_url=f"sqlite:///{place}/baton.db",
                **files,
                task_queue=f"{task_queues(run)}-{name}",
                worker_processes=1,
                idle_minutes=10,
                idle_minutes_by_channel={IDLE_CHANNEL: IDLE_SECONDS / 60},
                shutdown_grace_seconds=STOP_SECONDS,
                log_level="WARNING",
                **ports,
            ),
        )


def task_queues(run: str) -> str:
    """The prefix of the task queues of a run."""
    return f"baton-demo-{run}"


def rule_names() -> dict[str, str]:
    """The name of each shipped rule, which is a sentence."""
    rules = load_rules(SHIPPED_RULES, None)
    return {rule.id: rule.name for kind in RuleList for rule in rules.rules(kind)}


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
    return write_yaml(document)


def demo_directory() -> str:
    """The shipped directory, as a document in which each department has one person, who works at any hour.

    Raises ``DocumentError`` if the file cannot be read.
    """
    document: Any = read_yaml(SHIPPED_DIRECTORY).data
    for key, member in document["staff"].items():
        member["departments"] = [label for label, staff in MEMBERS.items() if staff == key]
    for department in document["departments"].values():
        department.pop("calendar", None)
    return write_yaml(document)


def demo_templates() -> str:
    """The shipped templates, as a document with two more copies of one of them, with due times.

    Raises ``DocumentError`` if the file cannot be read.
    """
    document: Any = read_yaml(SHIPPED_TEMPLATES).data
    [plain] = (template for template in document["templates"] if template["id"] == PLAIN)
    document["templates"] += [
        {
            **plain,
            "id": template,
            "due": {WARRANTY: {"answer within hours": within, "remind before hours": remind}},
        }
        for template, (within, remind) in DUE.items()
    ]
    return write_yaml(document)
