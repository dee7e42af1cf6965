"""Rules and templates in force: opened, followed, and never replaced by a wrong version."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import create_engine, text

from activities.rulebook import Rulebook
from baton.errors import DocumentError
from helpdesks.embedded import EmbeddedHelpDesk
from tests.house import eventually
from tests.unit.rulekit import DEPLOY, DIRECTORY

ONE_TEMPLATE = """\
version: 1
templates:
  - id: one
    name: One
    departments: [billing]
    note: Please answer.
"""
ONE_RULE = "version: 1\nchanged:\n  - {id: one, name: One, then: [{note: x}]}\n"


class Files(NamedTuple):
    rules: Path
    templates: Path
    desk: EmbeddedHelpDesk
    database: str

    async def open(self) -> Rulebook:
        return await Rulebook.open(self.rules, self.templates, self.desk)

    def kept(self) -> set[str]:
        engine = create_engine(self.database)
        with engine.connect() as connection:
            found = set(connection.execute(text("SELECT digest FROM rule_sets")).scalars())
        engine.dispose()
        return found


@pytest.fixture
async def files(tmp_path: Path) -> AsyncIterator[Files]:
    """Copies of what is shipped, in folders of their own, beside a help desk that knows the demo company."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "templates").mkdir()
    rules, templates = tmp_path / "rules/r.yaml", tmp_path / "templates/t.yaml"
    shutil.copy(DEPLOY / "rules/support-lines.yaml", rules)
    shutil.copy(DEPLOY / "templates/several-departments.yaml", templates)
    database = f"sqlite:///{tmp_path}/baton.db"
    async with EmbeddedHelpDesk.open(database) as desk:
        await desk.change_directory(DIRECTORY, based_on=0)
        yield Files(rules, templates, desk, database)


async def test_both_files_are_in_force_and_kept_under_their_digests(files: Files) -> None:
    book = await files.open()
    assert book.templates.get("three-departments") is not None
    assert book.current.rules("incoming")
    assert files.kept() == {book.current.digest, book.templates.digest}


@pytest.mark.parametrize("wrong", ["rules", "templates"])
async def test_a_wrong_file_is_not_opened(files: Files, wrong: str) -> None:
    getattr(files, wrong).write_text("version: 2\n", encoding="utf-8")
    with pytest.raises(DocumentError, match=r"[rt]\.yaml:1"):
        await files.open()


async def test_each_file_is_reloaded_by_itself(files: Files) -> None:
    book = await files.open()
    rules, templates = book.current, book.templates
    files.templates.write_text(ONE_TEMPLATE, encoding="utf-8")
    assert await book.reload()
    assert [template.id for template in book.templates] == ["one"]
    assert book.current is rules
    files.rules.write_text(ONE_RULE, encoding="utf-8")
    assert await book.reload()
    assert book.current.digest != rules.digest
    assert not await book.reload()
    kept = {rules.digest, templates.digest, book.current.digest, book.templates.digest}
    assert files.kept() == kept


async def test_wrong_templates_are_refused_loudly_while_good_rules_come_into_force(
    files: Files, caplog: pytest.LogCaptureFixture
) -> None:
    book = await files.open()
    rules, templates = book.current, book.templates
    files.templates.write_text(ONE_TEMPLATE.replace("billing", "biling"), encoding="utf-8")
    files.rules.write_text(ONE_RULE, encoding="utf-8")
    with caplog.at_level(logging.ERROR, "baton.rules"):
        assert await book.reload()
    assert book.templates is templates
    assert book.current.digest != rules.digest
    assert f"The new templates were refused; those of {templates.digest[:12]} stay in force" in caplog.text
    assert "t.yaml:5" in caplog.text
    assert "did you mean billing?" in caplog.text


async def test_an_edit_of_either_file_is_followed(files: Files) -> None:
    book = await files.open()
    rules = book.current.digest
    following = asyncio.create_task(book.follow())

    async def new_templates() -> bool:
        # Written again each time: the watch may not have begun at the first.
        files.templates.write_text(ONE_TEMPLATE, encoding="utf-8")
        return len(book.templates) == 1

    async def new_rules() -> bool:
        files.rules.write_text(ONE_RULE, encoding="utf-8")
        return book.current.digest != rules

    try:
        await eventually(new_templates, "the new templates did not come into force")
        assert book.current.digest == rules
        await eventually(new_rules, "the new rules did not come into force")
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def test_rules_that_kubernetes_replaces_are_followed(files: Files) -> None:
    """A mounted ConfigMap: ``rules.yaml`` leads to ``..data/rules.yaml``, and ``..data`` to a folder that is
    new with each version."""
    mounted = files.rules.parent / "mounted"

    def mount(version: str, content: str) -> None:
        (mounted / version).mkdir(parents=True, exist_ok=True)
        (mounted / version / "rules.yaml").write_text(content, encoding="utf-8")
        (mounted / "..new").symlink_to(version)
        (mounted / "..new").rename(mounted / "..data")

    mount("..1", files.rules.read_text(encoding="utf-8"))
    (mounted / "rules.yaml").symlink_to("..data/rules.yaml")
    book = await Rulebook.open(mounted / "rules.yaml", files.templates, files.desk)
    before = book.current.digest
    following = asyncio.create_task(book.follow())

    async def new_rules() -> bool:
        # Mounted again each time: the watch may not have begun at the first.
        mount("..2", ONE_RULE)
        return book.current.digest != before

    try:
        await eventually(new_rules, "the new rules did not come into force")
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


@pytest.mark.parametrize(
    ("without", "file"),
    [
        ({"departments": {}, "labels": ("several-departments",), "staff": {}}, r"t\.yaml"),
        ({"lines": {}, "staff": {}}, r"r\.yaml"),
    ],
)
async def test_a_directory_must_fit_both_files(files: Files, without: dict[str, object], file: str) -> None:
    book = await files.open()
    book.fits(DIRECTORY)
    with pytest.raises(DocumentError, match=file):
        book.fits(DIRECTORY.model_copy(update=without))
