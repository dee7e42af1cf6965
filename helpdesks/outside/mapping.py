"""What every mapping of names has: the part of a company's ``desk.yaml`` that is the same for each desk.

    desk: rt
    url: https://rt.example.com
    people: {kim: kim.b, ivan: ivan}      # the directory's ID: the desk's own name
    lines: {line-1: First line}

It is as strict as rules are: a field that is not known, or one of the desk's names that stands for two of
Baton's, is a mistake.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator
from pydantic_core import PydanticCustomError

from baton.contract import Status
from baton.contract.words import Key, Label
from baton.documents.directory import Directory
from baton.documents.plain import Amount, Flag
from baton.documents.yaml import Document, read_yaml, refuse
from baton.errors import Problem
from baton.wording import did_you_mean

Own = Annotated[str, StringConstraints(min_length=1, max_length=255, strip_whitespace=True)]
"""A name or an ID that the desk uses."""
Names = Annotated[tuple[Own, ...], Field(min_length=1)]
Mistake = tuple[tuple[str | int, ...], str, str]
"""Where in the mapping, what is wrong there, what to do."""


def doubled(names: Iterable[str]) -> str | None:
    """The first name that is there more than once."""
    return next((name for name, times in Counter(names).items() if times > 1), None)


class Statuses(BaseModel):
    """The desk's statuses for each of Baton's. The first is what Baton sets; the others are understood.

    They are compared in small letters. A desk whose statuses have usual names adds these as defaults.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    open: Names
    pending: Names
    closed: Names

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if (name := doubled(map(str.lower, self.all))) is not None:
            raise PydanticCustomError(
                "doubled",
                "the status '{name}' is named twice",
                {"name": name, "hint": "it is open, pending or closed"},
            )
        return self

    @property
    def all(self) -> tuple[str, ...]:
        """Every status of the desk that is named."""
        return (*self.open, *self.pending, *self.closed)

    @cached_property
    def there(self) -> Mapping[str, Status]:
        """By the desk's status, in small letters: Baton's."""
        return {name.lower(): status for status in Status for name in self._names(status)}

    def to_set(self, status: Status) -> str:
        """The desk's status that Baton sets for its own."""
        return self._names(status)[0]

    def _names(self, status: Status) -> tuple[str, ...]:
        return {Status.OPEN: self.open, Status.PENDING: self.pending, Status.CLOSED: self.closed}[status]


Command = Annotated[str, StringConstraints(pattern=r"^\S{2,50}$")]


class Commands(BaseModel):
    """What people write at the beginning of a note to have something done; null is no such command."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ask: Command | None = "/ask"


class DeskMapping(BaseModel):
    """Whose name at the desk is whose in the directory. Each desk adds its own fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    desk: str
    """Which help desk it is."""
    url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+(/\S*)?$")]
    """Where the desk is; without what its API adds."""
    ca_file: Path | None = None
    """A file with the certificate of the desk, or of who signed it, if it is not one of the usual ones."""
    every: Annotated[Amount, Field(ge=1, le=3600)] = 10
    """Seconds between two looks at what is new, where no hook says it sooner."""
    notices: Flag = True
    """Whether Baton tells people by a note on the case; a desk may tell them better by itself."""
    people: dict[Key, Own] = {}
    """By the ID of each person in the directory: the desk's own name or ID of that person."""
    lines: dict[Key, Own] = {}
    """By line: the desk's own name of its queue or group."""
    labels: dict[Label, Own] = {}
    """By label: the desk's own name of it, where it has another."""
    commands: Commands = Commands()
    """What people write at the beginning of a note in a ticket to have something done. ``ask``, by default
    ``/ask``, asks the departments whose labels follow; null switches it off."""

    @field_validator("people", "lines", "labels")
    @classmethod
    def _each_once(cls, names: dict[str, str]) -> dict[str, str]:
        if (twice := doubled(names.values())) is not None:
            mine = " and ".join(sorted(name for name, own in names.items() if own == twice))
            raise PydanticCustomError(
                "doubled",
                "{mine} have the same name {own} at the desk",
                {"mine": mine, "own": repr(twice), "hint": "each needs one of their own"},
            )
        return names

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if mistakes := [*self.mistakes()]:
            said = "; ".join(what for _, what, _ in mistakes)
            raise PydanticCustomError("mapping", "{said}", {"said": said, "mistakes": mistakes})
        return self

    def mistakes(self) -> Iterator[Mistake]:
        """What each desk finds wrong between fields that are right by themselves."""
        yield from ()

    @cached_property
    def people_there(self) -> Mapping[str, str]:
        """By the desk's own name: the person."""
        return {own: name for name, own in self.people.items()}

    @cached_property
    def lines_there(self) -> Mapping[str, str]:
        """By the desk's own name: the line."""
        return {own: name for name, own in self.lines.items()}

    @cached_property
    def labels_there(self) -> Mapping[str, str]:
        """By the desk's own name: the label, where it has another."""
        return {own: name for name, own in self.labels.items()}

    def label_of(self, own: str) -> str:
        """Baton's word for a label of the desk."""
        return self.labels_there.get(own, own)


MappingT = TypeVar("MappingT", bound=DeskMapping)


def load_mapping(path: Path, model: type[MappingT], directory: Directory | None) -> MappingT:
    """The mapping in a file. Raises ``DocumentError`` with every mistake in it.

    Without a directory, the names of people, lines and labels are not checked.
    """
    document = read_yaml(path)
    mapping, problems = document.check(model)
    if mapping is not None and directory is not None:
        problems = [*problems, *_unknown(document, mapping, directory)]
    refuse([*document.problems, *problems])
    assert mapping is not None
    return mapping


def _unknown(document: Document, mapping: DeskMapping, directory: Directory) -> Iterator[Problem]:
    named = (
        ("people", mapping.people, directory.staff, "nobody in the directory is"),
        ("lines", mapping.lines, directory.lines, "the directory has no line"),
        ("labels", mapping.labels, directory.known_labels, "the directory has no label"),
    )
    for part, names, known, what in named:
        for name in names:
            if name not in known:
                hint = did_you_mean(name, sorted(known), "it has none yet")
                yield document.problem((part, name), f"{what} {name!r}", hint)
    missing = sorted(set(directory.lines) - set(mapping.lines))
    if mapping.lines and missing:
        yield document.problem(
            ("lines",),
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing",
            "name every line of the directory, or none, and cases are in no queue of a line",
        )
