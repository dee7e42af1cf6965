"""What is printed: a table for each section, and whether the targets are met; and the same as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rich import box
from rich.table import Table

from lab.bench.hot.rounds import Subject


class Target(NamedTuple):
    """A figure that Baton is meant to reach."""

    what: str
    value: float
    least: float | None = None
    most: float | None = None

    @property
    def met(self) -> bool:
        return (self.least is None or self.value >= self.least) and (
            self.most is None or self.value <= self.most
        )

    def __str__(self) -> str:
        wanted = f"at least {self.least:g}" if self.least is not None else f"at most {self.most:g}"
        value = f"{self.value:.2f}" if self.value < 100 else f"{self.value:,.0f}"
        return f"{'met' if self.met else 'MISSED'}: {self.what} {value}, wanted {wanted}"


@dataclass
class Section:
    """One table, and what belongs to it."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    """A name, and a cell for each column."""
    figures: list[dict[str, Any]]
    """What goes into the JSON, row by row."""
    targets: list[Target] = field(default_factory=list)

    def table(self) -> Table:
        """The table, for 80 columns."""
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
        table.add_column("", no_wrap=True)
        for column in self.columns:
            table.add_column(column, justify="right", no_wrap=True)
        for row in self.rows:
            table.add_row(*row)
        return table

    def as_json(self) -> dict[str, Any]:
        targets = [{**one._asdict(), "met": one.met} for one in self.targets]
        return {"title": self.title, "figures": self.figures, "targets": targets}


_PROCESSES = ("server", "worker", "client", "ledger")
"""In the order of the table. The ledger is a process only in PostgreSQL."""

Cell = Callable[[Mapping[str, Any]], str]
"""A cell of the table, from the figures of its row."""
AT_ONCE: Mapping[str, Cell] = {
    "per\ns": lambda one: f"{one['a_second']:.0f}",
    "p50\nms": lambda one: f"{one['median_ms']:.1f}",
    "of\nbare": lambda one: f"{one['of_bare']:.2f}",
    "of\nfloor": lambda one: "" if one["of_floor"] is None else f"{one['of_floor']:.2f}",
}
ALONE: Mapping[str, Cell] = {
    "p50\nms": lambda one: f"{one['median_ms']:.1f}",
    "beside\nbare": lambda one: f"{one['latency_of_bare']:.2f}",
}


def at_once(title: str, subjects: Sequence[Subject], bare: Subject, floor: Subject) -> Section:
    """The table of subjects whose throughput was measured in the same rounds."""
    figures = [_figures(one, bare, None if one is bare else floor) for one in subjects]
    return section_of(title, AT_ONCE, figures)


def alone(title: str, subjects: Sequence[Subject], bare: Subject) -> Section:
    """The table of subjects whose latency was measured in the same rounds."""
    return section_of(title, ALONE, [_figures(one, bare, None) for one in subjects])


def section_of(title: str, columns: Mapping[str, Cell], figures: list[dict[str, Any]]) -> Section:
    """The section whose rows show these figures, and at the end the processor time of each process."""
    shown = [name for name in _PROCESSES if name in figures[0]["processor_ms"]]
    return Section(
        title,
        (*columns, *(f"{name}\nms" for name in shown)),
        [
            (
                one["name"],
                *(cell(one) for cell in columns.values()),
                *(f"{one['processor_ms'][name]:.1f}" for name in shown),
            )
            for one in figures
        ],
        figures,
    )


def _figures(subject: Subject, bare: Subject, floor: Subject | None) -> dict[str, Any]:
    return {
        "name": subject.name,
        "step": subject.step,
        "clients": subject.clients,
        "a_second": subject.rate,
        "median_ms": subject.latency,
        "of_bare": subject.beside(bare),
        "of_floor": subject.beside(floor) if floor is not None else None,
        "latency_of_bare": subject.beside(bare, lambda one: one.latency),
        "processor_ms": {name: subject.processor(name) for name in subject.readings[0].processor},
        "rounds": [one._asdict() for one in subject.readings],
    }
