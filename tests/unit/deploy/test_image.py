"""The Dockerfile: what can be checked without an engine."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from baton import __version__
from baton.settings import CHECKOUT, PREFIX, Settings
from tests.dockerfile import DOCKERFILE, copied, environment, instructions, last_stage

NOT_IN_THE_IMAGE = {"docs", "lab", "tests"}


def only(name: str) -> str:
    (found,) = (one.rest for one in last_stage() if one.name == name)
    return found


def arguments() -> dict[str, str]:
    pairs = (one.rest.partition("=") for one in instructions() if one.name == "ARG")
    return {name: default for name, _, default in pairs}


def test_hadolint_has_nothing_to_say() -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    said = subprocess.run([hadolint, DOCKERFILE], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout + said.stderr) == (0, "")


def test_the_base_is_pinned_and_is_the_python_of_the_lock() -> None:
    assert {one.rest.split()[0] for one in instructions() if one.name == "FROM"} == {"${PYTHON_IMAGE}"}
    pinned = re.fullmatch(r"docker\.io/library/python:(\d+\.\d+)\.\d+-slim-\w+", arguments()["PYTHON_IMAGE"])
    assert pinned
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    assert f"--python-version {pinned[1]} " in makefile


def test_the_version_is_that_of_the_package() -> None:
    assert arguments()["VERSION"] == __version__


def test_the_user_is_a_number_and_not_root() -> None:
    user, _, group = only("USER").partition(":")
    assert int(user) >= 10_000
    assert int(group) >= 10_000


def test_every_room_of_the_service_is_in_the_image() -> None:
    rooms = {path.parent.name for path in CHECKOUT.glob("*/__init__.py")}
    with (CHECKOUT / "pyproject.toml").open("rb") as file:
        rooms |= set(tomllib.load(file)["tool"]["importlinter"]["root_packages"])
    assert rooms - NOT_IN_THE_IMAGE - {source for source, _ in copied()} == set()


def test_what_is_copied_is_there_and_let_through_by_dockerignore() -> None:
    let_through = re.findall(
        r"^!(.+)$", (CHECKOUT / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE
    )
    sources = {source for source, _ in copied()}
    assert [source for source in sources if not (CHECKOUT / source).exists()] == []
    assert sources | {"requirements-service.lock"} == set(let_through)


def test_the_files_that_settings_name_are_in_the_image() -> None:
    sources = {source for source, _ in copied()}
    for name in ("rules_file", "templates_file", "directory_file"):
        field = Settings.model_fields[name]
        default: Path = field.get_default(call_default_factory=True, validated_data={})
        assert str(default.relative_to(CHECKOUT).parent) in sources


def test_the_settings_of_the_image_exist() -> None:
    given = {name for name in environment() if name.startswith(PREFIX)}
    assert given
    assert given <= {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}


def test_the_health_check_reads_the_file_that_the_worker_writes() -> None:
    assert f'"{environment()["BATON_ALIVE_FILE"]}"' in only("HEALTHCHECK")


def test_temporary_files_go_where_something_can_be_written() -> None:
    """Where the root file system is read-only: the folder of that file is mounted everywhere."""
    assert environment()["TMPDIR"] == str(Path(environment()["BATON_ALIVE_FILE"]).parent)
