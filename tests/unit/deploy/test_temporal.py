"""How Temporal is set up for Baton: one source, whoever starts the server; and rules for all files."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from baton import __version__
from baton.contract import SEARCH_ATTRIBUTES
from baton.settings import CHECKOUT
from lab.server import temporal_binary
from local import stack
from tests.deployed import TEMPORAL, document, everything, settings_named, settings_of_baton, variables

FILES = [path for path in everything() if path.suffix != ".json"]

FOR_THE_DEMO = {"frontend.WorkflowTimeSkippingEnabled": "true"}
"""What `baton up` sets beyond what every server gets."""


def shown(path: Path) -> str:
    return str(path.relative_to(CHECKOUT))


@pytest.mark.parametrize("path", FILES, ids=shown)
def test_settings_that_are_named_exist(path: Path) -> None:
    assert settings_named(path.read_text(encoding="utf-8")) <= settings_of_baton()


@pytest.mark.parametrize("path", FILES, ids=shown)
def test_no_image_is_the_latest(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ":latest" not in text


@pytest.mark.parametrize("path", [path for path in FILES if path.suffix == ".sh"], ids=shown)
def test_a_script_can_be_read_by_any_shell_and_started(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("#!/bin/sh\n")
    assert path.stat().st_mode & 0o111
    assert subprocess.run(["sh", "-n", path], capture_output=True, check=False).stderr == b""


def test_search_attributes_are_those_of_the_contract() -> None:
    lines = (TEMPORAL / "search-attributes.txt").read_text(encoding="utf-8").splitlines()
    assert dict(line.split() for line in lines) == SEARCH_ATTRIBUTES


def test_the_stack_of_one_machine_has_the_same_dynamic_configuration() -> None:
    everywhere = {
        name: str(one["value"])
        for name, values in document(TEMPORAL / "dynamicconfig.yaml").items()
        for one in values
    }
    assert everywhere | FOR_THE_DEMO == stack._DYNAMIC_CONFIG


def test_the_server_has_the_version_that_is_tested() -> None:
    said = subprocess.run([temporal_binary(), "--version"], capture_output=True, text=True, check=True).stdout
    version = (TEMPORAL / "version.txt").read_text(encoding="utf-8").strip()
    assert f"Server {version}" in said


def test_server_and_tool_make_and_use_the_same_databases() -> None:
    cluster = variables(TEMPORAL / "cluster.env")
    assert cluster["DB"] == cluster["SQL_PLUGIN"]
    assert int(cluster["NUM_HISTORY_SHARDS"]) > 0


def test_every_file_names_the_same_versions() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in FILES)
    version = (TEMPORAL / "version.txt").read_text(encoding="utf-8").strip()
    assert set(re.findall(r"temporalio/(?:server|admin-tools):(\S+)", text)) == {version}
    assert set(re.findall(r"\bbaton:(\d\S+)|newTag: (\S+)", text)) == {(__version__, ""), ("", __version__)}


@pytest.mark.parametrize("script", ["schema.sh", "namespace.sh"])
def test_what_a_script_asks_for_is_in_its_file_or_a_secret_or_an_address(script: str) -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+):\?", (TEMPORAL / script).read_text(encoding="utf-8")))
    known = variables(TEMPORAL / "cluster.env").keys() | variables(TEMPORAL / "namespace.env").keys()
    assert asked & known
    assert asked - known <= {"SQL_HOST", "SQL_USER", "SQL_PASSWORD", "TEMPORAL_ADDRESS"}
