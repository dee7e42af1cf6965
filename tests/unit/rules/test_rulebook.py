"""Rules and templates in force: opened, followed, and never replaced by a wrong version."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple, NoReturn

import pytest
from sqlalchemy import create_engine, text

from activities.rulebook import Rulebook
from baton.errors import DocumentError, HelpDeskUnavailable
from helpdesks.embedded import EmbeddedHelpDesk
from lab.rig import eventually
from tests.unit.rules.kit import DEPLOY, DIRECTORY

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

    async def look(self, book: Rulebook) -> None:
        """Let the rulebook read both files again, as after an edit of both."""
        await book.look({self.rules.name, self.templates.name})

    def kept(self) -> set[str]:
        engine = create_engine(self.database)
        with engine.connect() as connection:
            found = set(connection.execute(text("SELECT digest FROM rule_sets")).scalars())
        engine.dispose()
        return found


@pytest.fixture
async def files(tmp_path: Path) -> AsyncIterator[Files]:
    """Copies of the shipped files, in separate folders, and a help desk that knows the demo company."""
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
    await files.look(book)
    assert [template.id for template in book.templates] == ["one"]
    assert book.current is rules
    files.rules.write_text(ONE_RULE, encoding="utf-8")
    await files.look(book)
    assert book.current.digest != rules.digest
    in_force = book.current, book.templates
    await files.look(book)
    assert (book.current, book.templates) == in_force
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
        await files.look(book)
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
    """A mounted ConfigMap: ``rules.yaml`` links to ``..data/rules.yaml``, and ``..data`` to a folder that is
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
    ("without", "misfit"),
    [
        ({}, {}),
        ({"departments": {}, "staff": {}}, {"templates": "t.yaml"}),
        ({"lines": {}, "staff": {}}, {"rules": "r.yaml"}),
        ({"departments": {}, "lines": {}, "staff": {}}, {"rules": "r.yaml", "templates": "t.yaml"}),
    ],
)
async def test_a_directory_must_fit_both_files(
    files: Files, without: dict[str, object], misfit: dict[str, str]
) -> None:
    book = await files.open()
    found = book.misfits(DIRECTORY.model_copy(update=without))
    assert {what: {Path(problem.file).name for problem in problems} for what, problems in found.items()} == {
        what: {file} for what, file in misfit.items()
    }


async def test_mistakes_in_both_files_are_named_at_once_and_nothing_is_kept(files: Files) -> None:
    files.rules.write_text(ONE_RULE.replace("note: x", "assign: {line: nowhere}"), encoding="utf-8")
    files.templates.write_text(ONE_TEMPLATE.replace("billing", "biling"), encoding="utf-8")
    with pytest.raises(DocumentError) as refused:
        await files.open()
    assert [Path(problem.file).name for problem in refused.value.problems] == ["r.yaml", "t.yaml"]
    assert "directory that the help desk keeps, version 1, and not in a file" in str(refused.value)
    assert files.kept() == set()


# --- What happens to files while a worker serves ---------------------------------------------------


@asynccontextmanager
async def followed(
    book: Rulebook, every: float = 0.05, looked: Callable[[], None] = lambda: None
) -> AsyncIterator[asyncio.Task[None]]:
    """Files that are checked at this interval; whatever happens to them, following never ends by itself."""
    following = asyncio.create_task(book.follow(every, looked=looked))
    try:
        yield following
        assert not following.done()
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def in_force(book: Rulebook, rule: str) -> None:
    async def is_there() -> bool:
        return [one.id for one in book.current.rules("changed")] == [rule]

    await eventually(is_there, f"{rule} did not come into force")


async def said(caplog: pytest.LogCaptureFixture, words: str) -> None:
    async def was_said() -> bool:
        return words in caplog.text

    await eventually(was_said, f"nobody said: {words}")


def no_watches(*_: object, **__: object) -> NoReturn:
    raise OSError("inotify watch limit reached")


def one_rule(name: str) -> str:
    return ONE_RULE.replace("id: one", f"id: {name}")


def removed(path: Path) -> None:
    path.unlink()


def made_wrong(path: Path) -> None:
    path.write_text("version: 1\nchangd: []\n", encoding="utf-8")


def made_no_text(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00")


def made_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def made_a_link_to_itself(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def made_without_its_folder(path: Path) -> None:
    shutil.rmtree(path.parent)


@pytest.mark.parametrize("watched", [True, False], ids=["watched", "not-watched"])
@pytest.mark.parametrize(
    "harmed",
    [removed, made_wrong, made_no_text, made_a_folder, made_a_link_to_itself, made_without_its_folder],
)
async def test_a_file_that_is_harmed_leaves_what_is_in_force_and_is_followed_when_it_is_right_again(
    files: Files,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    harmed: Callable[[Path], None],
    watched: bool,
) -> None:
    if not watched:
        monkeypatch.setattr("activities.rulebook.awatch", no_watches)
    files.rules.write_text(one_rule("first"), encoding="utf-8")
    book = await files.open()
    templates = book.templates
    caplog.set_level(logging.INFO, "baton.rules")
    async with followed(book):
        for turn in ("second", "third"):
            before = book.current
            caplog.clear()
            harmed(files.rules)
            await said(caplog, f"The new rules were refused; those of {before.digest[:12]} stay in force.")
            assert book.current is before
            if files.rules.is_dir():
                files.rules.rmdir()
            files.rules.unlink(missing_ok=True)
            files.rules.parent.mkdir(exist_ok=True)
            files.rules.write_text(one_rule(turn), encoding="utf-8")
            await in_force(book, turn)
        assert book.templates is templates


async def test_what_is_wrong_is_said_once_and_that_it_is_right_again_too(
    files: Files, caplog: pytest.LogCaptureFixture
) -> None:
    book = await files.open()
    before, text_before = book.current, files.rules.read_text(encoding="utf-8")
    files.rules.unlink()
    caplog.set_level(logging.INFO, "baton.rules")
    for _ in range(3):
        await files.look(book)
        assert book.current is before
    assert caplog.text.count("were refused") == 1
    files.rules.write_text(text_before, encoding="utf-8")
    for _ in range(3):
        await files.look(book)
        assert book.current is before
    assert caplog.text.count("is right again") == 1
    assert book.current is before
    assert len(caplog.records) == 2


async def test_new_rules_that_the_help_desk_cannot_keep_now_come_into_force_later(
    files: Files, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = await files.open()
    keep = files.desk.keep_rules

    async def away(digest: str, source: str) -> None:
        raise HelpDeskUnavailable("SQLite file baton.db: database or disk is full")

    monkeypatch.setattr(files.desk, "keep_rules", away)
    async with followed(book):
        files.rules.write_text(one_rule("later"), encoding="utf-8")
        await said(caplog, "New rules cannot be put in force yet")
        assert "disk is full" in caplog.text
        monkeypatch.setattr(files.desk, "keep_rules", keep)
        await in_force(book, "later")


async def test_a_mistake_of_ours_while_a_file_is_read_does_not_end_the_following(
    files: Files, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = await files.open()

    def fails(*_: object) -> NoReturn:
        raise RecursionError("words that could quote the file")

    async with followed(book):
        with monkeypatch.context() as broken:
            broken.setattr(book._rules, "_load", fails)
            files.rules.write_text(one_rule("later"), encoding="utf-8")
            await said(caplog, "RecursionError")
        assert "could quote" not in caplog.text
        await in_force(book, "later")


class Panic(BaseException):
    """What a library in Rust raises when it panics: no Exception."""


@pytest.mark.parametrize("head", ["%YAML 1.1\n---\n", "%YAML 1.3\n---\n", "%FOO\n---\n"])
async def test_a_directive_ends_nothing_and_is_named(
    files: Files, caplog: pytest.LogCaptureFixture, head: str
) -> None:
    book = await files.open()
    before = book.current
    async with followed(book):
        files.rules.write_text(head + one_rule("other"), encoding="utf-8")
        await said(caplog, "The new rules were refused")
        assert f"r.yaml:1: the directive '{head.splitlines()[0]}' is not understood" in caplog.text
        assert book.current is before
        files.rules.write_text(one_rule("later"), encoding="utf-8")
        await in_force(book, "later")


async def test_a_panic_while_a_file_is_read_does_not_end_the_following(
    files: Files, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = await files.open()

    def panics(*_: object) -> NoReturn:
        raise Panic("words that could quote the file")

    async with followed(book):
        with monkeypatch.context() as broken:
            broken.setattr(book._rules, "_load", panics)
            files.rules.write_text(one_rule("later"), encoding="utf-8")
            await said(caplog, "New rules cannot be put in force yet")
        assert "could quote" not in caplog.text
        await in_force(book, "later")


@pytest.mark.parametrize("watched", [True, False], ids=["watched", "not-watched"])
async def test_each_look_is_counted_also_at_a_wrong_file(
    files: Files, monkeypatch: pytest.MonkeyPatch, watched: bool
) -> None:
    if not watched:
        monkeypatch.setattr("activities.rulebook.awatch", no_watches)
    book = await files.open()
    made_wrong(files.rules)
    looks = 0

    def looked() -> None:
        nonlocal looks
        looks += 1

    async def looked_often(since: int) -> bool:
        return looks >= since + 5

    async with followed(book, looked=looked):
        await eventually(lambda: looked_often(0), "it does not look again")
        removed(files.rules)
        since = looks
        await eventually(lambda: looked_often(since), "it does not look again")


async def test_folders_that_cannot_be_watched_are_named_once_and_watched_when_they_can_be(
    files: Files, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = await files.open()
    caplog.set_level(logging.INFO, "baton.rules")
    with monkeypatch.context() as broken:
        broken.setattr("activities.rulebook.awatch", no_watches)
        async with followed(book):
            for name in ("first", "second"):
                files.rules.write_text(one_rule(name), encoding="utf-8")
                await in_force(book, name)
            assert caplog.text.count("cannot be watched, and are looked at every 0.05 s") == 1
            assert "inotify watch limit reached" in caplog.text
            broken.undo()
            await said(caplog, "are watched again")


async def test_a_file_that_is_wrong_at_the_start_is_a_clear_end(files: Files) -> None:
    for harm in (removed, made_a_folder, made_a_link_to_itself, made_without_its_folder):
        files.rules.parent.mkdir(exist_ok=True)
        if not files.rules.is_symlink() and files.rules.is_dir():
            files.rules.rmdir()
        files.rules.unlink(missing_ok=True)
        files.rules.touch()
        harm(files.rules)
        with pytest.raises(DocumentError, match=r"r\.yaml:1: cannot be read: "):
            await files.open()
