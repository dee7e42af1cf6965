"""A company in files: its directory, its rules and its templates, which must fit together.

company = load_company(Path("directory.yaml"), Path("rules.yaml"), Path("templates.yaml"))
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, ParamSpec, TypeVar

from baton.documents.directory import Directory
from baton.documents.directoryfile import read_directory
from baton.errors import DocumentError, Problem
from baton.rules.loading import load_rules
from baton.rules.ruleset import RuleSet
from baton.templates.loading import load_templates
from baton.templates.templateset import Templates

P = ParamSpec("P")
T = TypeVar("T")


class Company(NamedTuple):
    """Documents that were checked together."""

    directory: Directory
    rules: RuleSet
    templates: Templates


def load_company(directory: Path, rules: Path, templates: Path) -> Company:
    """The company in three files.

    Raises ``DocumentError`` with every mistake in any of them. Where the directory is so wrong that nobody
    knows its names, those in the other two are not looked up.
    """
    names, of_rules, of_templates = check_together(directory, rules, templates)
    assert of_rules is not None
    assert of_templates is not None
    return Company(names, of_rules, of_templates)


def check_together(
    directory: Path, rules: Path | None, templates: Path | None, *, remark: str = ""
) -> tuple[Directory, RuleSet | None, Templates | None]:
    """As `load_company`, for a directory with only some of the rest.

    Args:
        remark: what to add where the directory has no mistakes, but rules or templates have.
    """
    names, problems = read_directory(directory)
    of_rules, wrong_rules = attempt(load_rules, rules, names) if rules else (None, [])
    of_templates, wrong_templates = attempt(load_templates, templates, names) if templates else (None, [])
    refuse_together(problems, wrong_rules, wrong_templates, remark="" if problems else remark)
    assert names is not None
    return names, of_rules, of_templates


def attempt(read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> tuple[T | None, list[Problem]]:
    """What ``read`` returns, or the mistakes for which it raises ``DocumentError``."""
    try:
        return read(*args, **kwargs), []
    except DocumentError as error:
        return None, error.problems


def refuse_together(*found: Sequence[Problem], remark: str = "") -> None:
    """Raise ``DocumentError`` if there are mistakes: each once, document by document."""
    problems = list(dict.fromkeys(problem for problems in found for problem in problems))
    if problems:
        raise DocumentError(problems, remark)
