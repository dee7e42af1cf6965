"""The Compose file: what can be checked without an engine."""

from __future__ import annotations

import re
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from baton.settings import CHECKOUT, PREFIX, Settings, load_settings
from baton.temporal.keys import read_keys
from tests.deployed import (
    DEPLOY,
    TEMPORAL,
    TEMPORAL_CONNECTION,
    document,
    port,
    settings_of_baton,
    variables,
)
from tests.dockerfile import environment as environment_of_image

COMPOSE = DEPLOY / "compose"
STACK = document(COMPOSE / "compose.yaml")
SERVICES: Mapping[str, Any] = STACK["services"]
JOBS = {"temporal-schema", "temporal-namespace"}
LASTING = sorted(SERVICES.keys() - JOBS)
BATON = ["gateway", "worker"]

SECRETS = {"baton.env", "temporal.env"}
"""Files of variables that secrets.sh makes."""


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of secrets, made by the script."""
    folder = tmp_path_factory.mktemp("stack") / "secrets"
    subprocess.run(["sh", COMPOSE / "secrets.sh", folder], check=True, capture_output=True)
    return folder


def environment(name: str, secrets: Path) -> dict[str, str]:
    """All variables that Compose gives a service."""
    found: dict[str, str] = {}
    for file in SERVICES[name].get("env_file", ()):
        folder, _, base = file.rpartition("/")
        found |= variables(secrets / base if folder == "secrets" else COMPOSE / file)
    return found | {key: str(value) for key, value in SERVICES[name].get("environment", {}).items()}


def published(name: str) -> int:
    """The port of a service on this machine, the same as in its container."""
    (given,) = SERVICES[name]["ports"]
    host, outside, inside = given.split(":")
    assert host == "127.0.0.1"
    assert outside == inside
    return int(inside)


# --- Every service ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SERVICES)
def test_an_image_is_pinned_to_a_version(name: str) -> None:
    assert re.search(r":v?\d+\.\d+(\.\d+)?(-\w+)?$", SERVICES[name]["image"])


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_gains_no_privileges(name: str) -> None:
    service = SERVICES[name]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["cap_drop"] == ["ALL"]
    assert not service.get("privileged", False)
    assert name == "postgres" or not service.get("cap_add")


@pytest.mark.parametrize("name", LASTING)
def test_a_lasting_service_is_started_again_and_can_be_asked_how_it_is(name: str) -> None:
    assert SERVICES[name]["restart"] == "unless-stopped"
    assert "healthcheck" in SERVICES[name] or SERVICES[name]["image"].startswith("baton:")


@pytest.mark.parametrize("name", sorted(JOBS))
def test_a_job_ends_and_is_tried_again(name: str) -> None:
    assert SERVICES[name]["restart"].startswith("on-failure")
    waiting = [
        service["depends_on"][name] for service in SERVICES.values() if name in service.get("depends_on", {})
    ]
    assert waiting
    assert {one["condition"] for one in waiting} == {"service_completed_successfully"}


@pytest.mark.parametrize("name", LASTING)
def test_whoever_is_waited_for_says_when_it_is_ready(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        ends = "service_completed_successfully" if other in JOBS else "service_healthy"
        assert how["condition"] == ends


@pytest.mark.parametrize("name", [name for name in SERVICES if "ports" in SERVICES[name]])
def test_ports_are_open_to_this_machine_only(name: str) -> None:
    assert published(name) > 1024


def test_what_is_mounted_is_there_or_made() -> None:
    mounts = [mount.split(":") for service in SERVICES.values() for mount in service.get("volumes", ())]
    there = [mount for mount in mounts if mount[0] not in STACK["volumes"]]
    assert there
    assert [source for source, *_ in there if not (COMPOSE / source).exists()] == []
    assert [target for _, target, *mode in there if mode != ["ro"]] == []


# --- Secrets ------------------------------------------------------------------------------------


def test_every_secret_is_made_by_the_script_and_none_is_committed(secrets: Path) -> None:
    named = {one["file"].removeprefix("secrets/") for one in STACK["secrets"].values()}
    assert {path.name for path in secrets.iterdir()} == named | SECRETS
    assert "secrets/" in (COMPOSE / ".gitignore").read_text(encoding="utf-8").splitlines()
    tracked = subprocess.run(
        ["git", "ls-files", "deploy/compose/secrets"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert tracked.stdout == ""


def test_secrets_are_strong_and_for_their_owner(secrets: Path) -> None:
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    values = [path.read_text(encoding="utf-8") for path in secrets.iterdir() if path.suffix == ""]
    assert len(set(values)) == len(values)
    assert min(map(len, values)) >= 44
    (key,) = read_keys(secrets / "encryption_keys").values()
    assert len(key) == 32


def test_secrets_that_are_there_stay(secrets: Path) -> None:
    before = {path: path.read_bytes() for path in secrets.iterdir()}
    subprocess.run(["sh", COMPOSE / "secrets.sh", secrets], check=True, capture_output=True)
    assert {path: path.read_bytes() for path in secrets.iterdir()} == before


def test_a_secret_that_is_granted_is_one_of_the_stack() -> None:
    granted = {(name, secret) for name, service in SERVICES.items() for secret in service.get("secrets", ())}
    assert {secret for _, secret in granted} == set(STACK["secrets"])
    read = {
        (name, str(value).removeprefix("/run/secrets/"))
        for name, service in SERVICES.items()
        for value in service.get("environment", {}).values()
        if str(value).startswith("/run/secrets/")
    }
    assert read
    assert read <= granted


# --- Temporal -----------------------------------------------------------------------------------


def test_server_and_tools_have_the_version_of_the_cluster() -> None:
    version = (TEMPORAL / "version.txt").read_text(encoding="utf-8").strip()
    ours = {
        service["image"].rpartition("/")[2]
        for service in SERVICES.values()
        if re.search(r"/(server|admin-tools):", service["image"])
    }
    assert ours == {f"server:{version}", f"admin-tools:{version}"}


def test_the_cluster_has_each_of_temporals_four_services_and_checks_its_port(secrets: Path) -> None:
    ports = {"frontend": "7233", "history": "7234", "matching": "7235", "worker": "7239"}
    seen = {}
    for name, service in SERVICES.items():
        if "/server:" in service["image"]:
            role = environment(name, secrets)["TEMPORAL_SERVICES"]
            seen[role] = service["healthcheck"]["test"][-1]
    assert seen == ports


@pytest.mark.parametrize("name", [name for name in SERVICES if "/server:" in SERVICES[name]["image"]])
def test_a_server_gets_what_every_cluster_gets(name: str, secrets: Path) -> None:
    given = environment(name, secrets)
    assert variables(TEMPORAL / "cluster.env").items() <= given.items()
    assert given["POSTGRES_PWD"] == (secrets / "temporal_password").read_text(encoding="utf-8")
    mounted = f"../temporal/dynamicconfig.yaml:{given['DYNAMIC_CONFIG_FILE_PATH']}:ro"
    assert mounted in SERVICES[name]["volumes"]


@pytest.mark.parametrize("name", sorted(JOBS))
def test_a_job_gets_what_its_script_asks_for(name: str, secrets: Path) -> None:
    _, script = SERVICES[name]["command"]
    text = (TEMPORAL / Path(script).name).read_text(encoding="utf-8")
    asked = set(re.findall(r"\$\{([A-Z_]+):\?", text))
    assert asked
    assert asked <= environment(name, secrets).keys()


# --- Baton --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BATON)
def test_settings_of_baton_exist_and_have_values_that_it_takes(
    name: str, secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = environment(name, secrets)
    of_baton = {key: value for key, value in given.items() if key.startswith(PREFIX)}
    assert of_baton.keys() <= settings_of_baton()
    assert {key for key in given if key.startswith("TEMPORAL_")} <= TEMPORAL_CONNECTION
    for key, value in {**environment_of_image(), **of_baton}.items():
        if key.startswith(PREFIX):
            monkeypatch.setenv(key, value)
    assert load_settings().database_url


@pytest.mark.parametrize("name", BATON)
def test_baton_writes_nowhere_but_in_memory(name: str) -> None:
    assert SERVICES[name]["read_only"] is True


def test_the_worker_has_the_folders_that_its_image_writes_to() -> None:
    folders = [mount.partition(":")[0] for mount in SERVICES["worker"]["tmpfs"]]
    assert folders == [str(Path(environment_of_image()["BATON_ALIVE_FILE"]).parent)]


def test_the_worker_reads_files_that_are_mounted(secrets: Path) -> None:
    given = environment("worker", secrets)
    mounts = dict(mount.split(":")[1::-1] for mount in SERVICES["worker"]["volumes"])
    for name in ("rules", "templates", "directory"):
        inside = Path(given[f"BATON_{name.upper()}_FILE"])
        assert (COMPOSE / mounts[str(inside.parent)] / inside.name).is_file()


def test_the_worker_is_stopped_after_its_grace() -> None:
    grace = TypeAdapter(float).validate_python(Settings.model_fields["shutdown_grace_seconds"].default)
    assert float(SERVICES["worker"]["stop_grace_period"].removesuffix("s")) >= grace + 10


def test_worker_and_codec_server_have_the_same_keys(secrets: Path) -> None:
    keys = {environment(name, secrets)["BATON_ENCRYPTION_KEYS_FILE"] for name in BATON}
    assert keys == {"/run/secrets/encryption_keys"}


def test_ports_and_addresses_agree(secrets: Path) -> None:
    ui, codec = environment("temporal-ui", secrets), environment("gateway", secrets)
    assert published("temporal-frontend") == port("temporal_port")
    assert published("temporal-ui") == port("ui_port") == int(ui["TEMPORAL_UI_PORT"])
    assert published("gateway") == port("gateway_port") == int(codec["BATON_GATEWAY_PORT"])
    assert codec["BATON_UI_ORIGIN"] == ui["TEMPORAL_CORS_ORIGINS"] == f"http://127.0.0.1:{port('ui_port')}"
    assert ui["TEMPORAL_CODEC_ENDPOINT"] == f"http://127.0.0.1:{port('gateway_port')}/codec"
    frontend = f"temporal-frontend:{published('temporal-frontend')}"
    for name in ("worker", "temporal-ui", "temporal-namespace"):
        assert environment(name, secrets)["TEMPORAL_ADDRESS"] == frontend


def test_the_namespace_is_the_same_for_all(secrets: Path) -> None:
    namespace = variables(TEMPORAL / "namespace.env")["TEMPORAL_NAMESPACE"]
    assert environment("worker", secrets)["TEMPORAL_NAMESPACE"] == namespace
    assert environment("temporal-ui", secrets)["TEMPORAL_DEFAULT_NAMESPACE"] == namespace


# --- Monitoring ---------------------------------------------------------------------------------


def test_prometheus_asks_services_of_the_stack_at_the_ports_where_they_answer(secrets: Path) -> None:
    config = document(COMPOSE / "prometheus.yml")
    asked = {
        (name, found["port"])
        for job in config["scrape_configs"]
        for found in job["dns_sd_configs"]
        for name in found["names"]
    }
    answering = {
        (name, int(environment(name, secrets)["PROMETHEUS_ENDPOINT"].rpartition(":")[2]))
        for name in SERVICES
        if "/server:" in SERVICES[name]["image"]
    }
    answering.add(("worker", int(environment("worker", secrets)["BATON_METRICS_ADDRESS"].rpartition(":")[2])))
    assert asked == answering


def test_grafana_asks_prometheus_and_finds_its_dashboards() -> None:
    (source,) = document(COMPOSE / "grafana/datasources/prometheus.yaml")["datasources"]
    assert source["url"] == f"http://prometheus:{published('prometheus')}"
    (provider,) = document(COMPOSE / "grafana/dashboards/baton.yaml")["providers"]
    mounts = dict(mount.split(":")[1::-1] for mount in SERVICES["grafana"]["volumes"])
    assert mounts[provider["options"]["path"]] == "../monitoring"
