"""The commands of docs/deploy.md that start programs missing on this machine: what they name exists."""

from __future__ import annotations

import itertools
import re
import shlex

import pytest

from baton import __version__
from baton.settings import CHECKOUT
from tests.deployed import DEPLOY
from tests.manifests import KUBERNETES, OVERLAYS, VERSIONS

TEXT = (CHECKOUT / "docs/deploy.md").read_text(encoding="utf-8")
COMMANDS = [
    shlex.split(command)
    for command in re.findall(r"^\$ (.+)$", TEXT, re.MULTILINE)
    if not command.startswith("make")
]
MANIFESTS = "\n".join(path.read_text(encoding="utf-8") for path in KUBERNETES.rglob("*.yaml"))


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_files_and_folders_that_a_command_names_are_there(words: list[str]) -> None:
    named = [word for word in words if word.startswith("deploy/")]
    assert [word for word in named if not (CHECKOUT / word).exists()] == []
    assert named or words[0] in ("kubectl", "helm")


@pytest.mark.parametrize("words", [words for words in COMMANDS if words[0] == "docker"], ids=" ".join)
def test_a_docker_command_names_our_file_and_what_is_in_it(words: list[str]) -> None:
    file = words[words.index("--file") + 1]
    assert file in ("deploy/docker/Dockerfile", "deploy/compose/compose.yaml")
    if "--tag" in words:
        assert words[words.index("--tag") + 1] == f"baton:{__version__}"
    services = (DEPLOY / "compose/compose.yaml").read_text(encoding="utf-8")
    for option, value in itertools.pairwise(words):
        if option in ("--scale", "build", "exec", "--rm") and "--tag" not in words:
            assert f"\n  {value.partition('=')[0]}:\n" in services


def test_secrets_that_are_made_are_those_that_manifests_name() -> None:
    made = {words[words.index("generic") + 1]: words[-1] for words in COMMANDS if "generic" in words}
    described = set(re.findall(r"`(baton-gateway-tls|temporal-cloud-tls)`", TEXT))
    named = re.findall(r"secretKeyRef: \{name: ([a-z-]+)|secretName: ([a-z-]+)", MANIFESTS)
    named += re.findall(r"(?:apiKey|mutualTLS)SecretRef\n\s+value: \{name: ([a-z-]+)()", MANIFESTS)
    assert set(made) | described == {one or other for one, other in named}
    for name, file in made.items():
        key = re.split(r"=", file.removeprefix("--from-file="))[0]
        assert re.search(rf"{name}, key: {key}\b|/{key}\b", MANIFESTS), key


def test_every_overlay_is_described() -> None:
    assert set(re.findall(r"^\| `([a-z-]+)` \| (?:your own|Temporal Cloud)", TEXT, re.MULTILINE)) == set(
        OVERLAYS
    )


def test_the_versions_of_kubernetes_are_those_that_are_checked() -> None:
    oldest, newest = (version.removesuffix(".0") for version in VERSIONS)
    assert f"for Kubernetes {oldest} to {newest}." in TEXT


def test_every_shared_file_of_temporal_is_described() -> None:
    table = TEXT.partition("## What every Temporal gets")[2].partition("\n## ")[0]
    files = {path.name for path in (DEPLOY / "temporal").iterdir()} - {"kustomization.yaml"}
    assert set(re.findall(r"`([a-z-]+\.(?:txt|env|yaml|sh))`", table)) == files


def test_every_service_of_the_stack_is_described() -> None:
    stack = (DEPLOY / "compose/compose.yaml").read_text(encoding="utf-8").partition("\nservices:\n")[2]
    services = set(re.findall(r"^  ([a-z-]+):$", stack.partition("\nvolumes:\n")[0], re.MULTILINE))
    table = TEXT.partition("| service |")[2].partition("\n\n")[0]
    first = "\n".join(line.split("|")[1] for line in table.splitlines()[2:])
    described = {name if name[0] != "-" else f"temporal{name}" for name in re.findall(r"`([a-z-]+)`", first)}
    assert described == services
