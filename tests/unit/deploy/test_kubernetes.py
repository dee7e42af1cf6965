"""The Kubernetes manifests: what can be checked without a cluster."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest

from baton.settings import PREFIX, load_settings
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
from tests.manifests import (
    KUBERNETES,
    OVERLAYS,
    VERSIONS,
    Manifest,
    one,
    pod_templates,
    rendered,
    valid,
    written,
)

BASE = [manifest.values[0] for manifest in written() if str(manifest.id).startswith("base/")]
OWN_TEMPORAL = ["controller", "plain"]
CONTROLLED = ["cloud-api-key", "cloud-mtls", "controller"]


def container(template: Manifest) -> Manifest:
    (found,) = template["spec"]["containers"]
    assert isinstance(found, dict)
    return found


def given(template: Manifest) -> dict[str, str | None]:
    """The variables of a pod's container; None where the value is a secret."""
    return {one["name"]: one.get("value") for one in container(template).get("env", ())}


# --- Validity -----------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("manifest", written())
def test_a_manifest_is_what_kubernetes_takes(manifest: Manifest, version: str) -> None:
    valid(manifest, version)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_renders_to_what_kubernetes_takes(overlay: str, version: str) -> None:
    manifests = rendered(overlay)
    for manifest in manifests:
        valid(manifest, version)
        assert manifest["metadata"].get("namespace", "baton") == "baton"
    kinds = {manifest["kind"] for manifest in manifests}
    assert {"NetworkPolicy", "PodDisruptionBudget", "ServiceAccount", "ConfigMap", "Ingress"} <= kinds


def test_the_checks_find_mistakes() -> None:
    worker = next(manifest for manifest in BASE if manifest["metadata"]["name"] == "baton-worker")
    misspelt = {**worker, "spec": {**worker["spec"], "replica": 2}}
    with pytest.raises(kubernetes_validate.ValidationError, match="replica"):
        valid(misspelt, VERSIONS[0])
    connection: Manifest = {
        "apiVersion": "temporal.io/v1alpha1",
        "kind": "Connection",
        "spec": {"hostPort": "temporal.example.org"},
    }
    with pytest.raises(jsonschema.ValidationError, match="does not match"):
        valid(connection, VERSIONS[0])


# --- Pods ---------------------------------------------------------------------------------------

PODS = list(pod_templates([manifest.values[0] for manifest in written()]))
PODS = [(name, template) for name, template in PODS if template]
pods = pytest.mark.parametrize("template", [template for _, template in PODS], ids=[name for name, _ in PODS])


@pods
def test_a_pod_is_not_root_and_writes_nowhere(template: Manifest) -> None:
    pod, inside = template["spec"]["securityContext"], container(template)["securityContext"]
    assert pod["runAsNonRoot"] is True
    assert pod["runAsUser"] > 0
    assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
    assert inside == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


@pods
def test_a_pod_gets_no_token_and_says_what_it_needs(template: Manifest) -> None:
    assert template["spec"]["automountServiceAccountToken"] is False
    assert template["spec"]["serviceAccountName"] == "baton"
    resources = container(template)["resources"]
    assert resources["requests"].keys() == {"cpu", "memory"}
    assert "memory" in resources["limits"]


@pods
def test_settings_exist_and_have_values_that_baton_takes(
    template: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = given(template)
    of_baton = {name: value for name, value in variables.items() if name.startswith(PREFIX)}
    assert of_baton.keys() <= settings_of_baton()
    assert variables.keys() - of_baton.keys() <= TEMPORAL_CONNECTION
    for name, value in of_baton.items():
        monkeypatch.setenv(name, value or "postgresql://baton:secret@db.example.org/baton")
    assert load_settings().task_queue == "baton"


@pods
def test_secrets_are_named_and_never_written_down(template: Manifest) -> None:
    for name, value in given(template).items():
        secret = name == "BATON_DATABASE_URL" or name.endswith(("_KEY", "_TOKEN", "_PASSWORD"))
        assert (value is None) == secret, name


def of(name: str) -> Manifest:
    (found,) = (template for label, template in PODS if label == f"Deployment {name}")
    return found


@pytest.mark.parametrize("name", ["baton-worker", "baton-gateway"])
def test_a_lasting_pod_is_probed(name: str) -> None:
    found = container(of(name))
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert found[probe].keys() & {"exec", "httpGet"}


def test_the_worker_is_probed_where_its_image_shows_its_life() -> None:
    alive = environment_of_image()["BATON_ALIVE_FILE"]
    worker = container(of("baton-worker"))
    assert worker["livenessProbe"]["exec"]["command"] == ["python", "-m", "baton.temporal.process", alive]
    assert str(Path(alive).parent) in {mount["mountPath"] for mount in worker["volumeMounts"]}


def test_the_worker_is_given_time_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (
        of("baton-worker")["spec"]["terminationGracePeriodSeconds"]
        >= load_settings().shutdown_grace_seconds + 10
    )


@pytest.mark.parametrize("name", ["baton-worker", "baton-gateway"])
def test_no_process_of_baton_is_process_1(name: str) -> None:
    """As process 1 it would ignore SIGTERM until it has set itself up."""
    assert of(name)["spec"]["shareProcessNamespace"] is True


@pytest.mark.parametrize("name", ["baton-worker", "baton-gateway"])
def test_every_path_in_the_settings_is_mounted(name: str) -> None:
    template = of(name)
    mounts = {mount["mountPath"]: mount["name"] for mount in container(template)["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in template["spec"]["volumes"]}
    paths = [value for variable, value in given(template).items() if value and variable.endswith("_FILE")]
    assert paths
    for path in paths:
        assert volumes[mounts[str(Path(path).parent)]]
    assert not [mount for mount in container(template)["volumeMounts"] if "subPath" in mount], "never updated"


def test_config_maps_hold_the_files_that_the_worker_reads() -> None:
    variables = given(of("baton-worker"))
    for name in ("rules", "templates", "directory"):
        file = Path(str(variables[f"BATON_{name.upper()}_FILE"])).name
        (generated,) = document(DEPLOY / name / "kustomization.yaml")["configMapGenerator"]
        assert generated["name"] == f"baton-{name}"
        assert generated["files"] == [file]
        assert (DEPLOY / name / file).is_file()
        assert generated["options"]["disableNameSuffixHash"] is True, "an edit would replace every worker"


def test_ports_agree() -> None:
    codec = of("baton-gateway")
    listening = port("gateway_port")
    assert container(codec)["ports"] == [{"name": "http", "containerPort": listening}]
    assert given(codec)["BATON_GATEWAY_PORT"] == str(listening)
    policies = {
        manifest["metadata"]["name"]: manifest for manifest in BASE if manifest["kind"] == "NetworkPolicy"
    }
    assert policies["baton-gateway"]["spec"]["ingress"][0]["ports"][0]["port"] == listening
    assert port("temporal_port") in {
        allowed["port"] for rule in policies["baton-worker"]["spec"]["egress"] for allowed in rule["ports"]
    }


# --- Overlays -----------------------------------------------------------------------------------


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_images_are_pinned(overlay: str) -> None:
    images = [container(template)["image"] for _, template in pod_templates(rendered(overlay))]
    assert images
    for image in images:
        assert re.fullmatch(r"[a-z0-9./-]+:\d+\.\d+\.\d+", image), image


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_whatever_makes_pods_is_behind_the_policies(overlay: str) -> None:
    manifests = rendered(overlay)
    everything = one(manifests, "NetworkPolicy", "baton-nothing-else")["spec"]["podSelector"]["matchLabels"]
    for name, template in pod_templates(manifests):
        assert everything.items() <= template["metadata"]["labels"].items(), name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_selector_finds_pods(overlay: str) -> None:
    manifests = rendered(overlay)
    labels = [template["metadata"]["labels"] for _, template in pod_templates(manifests)]
    selectors = []
    for manifest in manifests:
        spec: Any = manifest.get("spec", {})
        match manifest["kind"]:
            case "PodDisruptionBudget" | "Deployment":
                selectors.append(spec["selector"]["matchLabels"])
            case "NetworkPolicy":
                selectors.append(spec["podSelector"]["matchLabels"])
            case "Service":
                selectors.append(spec["selector"])
    assert selectors
    for selector in selectors:
        assert any(selector.items() <= found.items() for found in labels), selector


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_config_maps_that_are_used_are_made(overlay: str) -> None:
    manifests = rendered(overlay)
    made = {manifest["metadata"]["name"] for manifest in manifests if manifest["kind"] == "ConfigMap"}
    used = set()
    for _, template in pod_templates(manifests):
        used |= {source["configMapRef"]["name"] for source in container(template).get("envFrom", ())}
        used |= {
            volume["configMap"]["name"] for volume in template["spec"]["volumes"] if "configMap" in volume
        }
    assert used == made


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_there_is_one_way_in_which_workers_are_replaced(overlay: str) -> None:
    makers = [name for name, _ in pod_templates(rendered(overlay)) if name.endswith(" baton-worker")]
    assert makers == [f"{'WorkerDeployment' if overlay in CONTROLLED else 'Deployment'} baton-worker"]


@pytest.mark.parametrize("overlay", CONTROLLED)
def test_the_controller_gets_the_worker_as_it_is(overlay: str) -> None:
    plain = one(rendered("plain"), "Deployment", "baton-worker")["spec"]["template"]
    manifests = rendered(overlay)
    assert one(manifests, "WorkerDeployment", "baton-worker")["spec"]["template"] == plain
    # The controller adds these itself; given twice, they would be refused.
    assert not {name for name in given(plain) if name.startswith("TEMPORAL_")}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_everybody_is_told_the_same_temporal(overlay: str) -> None:
    manifests = rendered(overlay)
    temporal = one(manifests, "ConfigMap", "baton-temporal")["data"]
    assert temporal.keys() <= TEMPORAL_CONNECTION
    if overlay in CONTROLLED:
        assert one(manifests, "Connection", "temporal")["spec"]["hostPort"] == temporal["TEMPORAL_ADDRESS"]
        options = one(manifests, "WorkerDeployment", "baton-worker")["spec"]["workerOptions"]
        assert options["temporalNamespace"] == temporal["TEMPORAL_NAMESPACE"]
    else:
        (trigger,) = one(manifests, "ScaledObject", "baton-worker")["spec"]["triggers"]
        assert trigger["metadata"]["endpoint"] == temporal["TEMPORAL_ADDRESS"]
        assert trigger["metadata"]["namespace"] == temporal["TEMPORAL_NAMESPACE"]
        assert trigger["metadata"]["taskQueue"] == load_settings().task_queue


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_workers_are_scaled_by_one_autoscaler_and_never_to_one(overlay: str) -> None:
    manifests = rendered(overlay)
    if overlay in CONTROLLED:
        assert not [manifest for manifest in manifests if manifest["apiVersion"].startswith("keda.sh/")]
        scaling = one(manifests, "WorkerResourceTemplate", "baton-worker")["spec"]["template"]["spec"]
        assert scaling["minReplicas"] == 2
    else:
        assert one(manifests, "ScaledObject", "baton-worker")["spec"]["minReplicaCount"] == 2
    # With an autoscaler, an apply must not reset the number of replicas.
    worker = one(manifests, "WorkerDeployment" if overlay in CONTROLLED else "Deployment", "baton-worker")
    assert "replicas" not in worker["spec"]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("overlay", CONTROLLED)
def test_versions_of_workers_can_be_scaled_by_their_slots_as_well(
    tmp_path: Path, overlay: str, version: str
) -> None:
    """As docs/deploy.md says: an overlay of one's own that adds two components."""
    parts = {"resources": f"overlays/{overlay}", "components": "components/slots"}
    lines = [f"{kind}: [{os.path.relpath(KUBERNETES / part, tmp_path)}]" for kind, part in parts.items()]
    (tmp_path / "kustomization.yaml").write_text("\n".join(lines), encoding="utf-8")

    manifests = rendered(tmp_path)

    template = one(manifests, "WorkerResourceTemplate", "baton-worker")
    valid(template, version)
    cpu, slots = template["spec"]["template"]["spec"]["metrics"]
    assert cpu["resource"]["name"] == "cpu"
    (rule,) = document(DEPLOY / "monitoring/prometheus-adapter.yaml")["rules"]["custom"]
    assert slots["pods"]["metric"]["name"] == rule["name"]["as"]


@pytest.mark.parametrize(
    ("overlay", "connection"),
    [
        ("cloud-api-key", {"apiKeySecretRef": {"name": "temporal-cloud-api-key", "key": "api-key"}}),
        ("cloud-mtls", {"mutualTLSSecretRef": {"name": "temporal-cloud-tls"}}),
    ],
)
def test_temporal_cloud_is_reached_with_a_secret(overlay: str, connection: Manifest) -> None:
    assert connection.items() <= one(rendered(overlay), "Connection", "temporal")["spec"].items()


@pytest.mark.parametrize("overlay", OWN_TEMPORAL)
def test_the_job_makes_the_namespace_that_the_workers_use(overlay: str) -> None:
    manifests = rendered(overlay)
    made = one(manifests, "ConfigMap", "temporal-namespace")["data"]
    assert made == variables(TEMPORAL / "namespace.env")
    assert (
        made["TEMPORAL_NAMESPACE"]
        == one(manifests, "ConfigMap", "baton-temporal")["data"]["TEMPORAL_NAMESPACE"]
    )
    scripts = one(manifests, "ConfigMap", "temporal-setup")["data"]
    for name in ("namespace.sh", "search-attributes.txt"):
        assert scripts[name] == (TEMPORAL / name).read_text(encoding="utf-8")


# --- Temporal's own chart -----------------------------------------------------------------------


def test_temporals_chart_is_given_what_every_cluster_gets() -> None:
    values = document(KUBERNETES / "temporal-values.yaml")
    version = (TEMPORAL / "version.txt").read_text(encoding="utf-8").strip()
    cluster = variables(TEMPORAL / "cluster.env")
    assert values["server"]["dynamicConfig"] == document(TEMPORAL / "dynamicconfig.yaml")
    assert {values[part]["image"]["tag"] for part in ("server", "admintools")} == {version}
    persistence = values["server"]["config"]["persistence"]
    assert str(persistence["numHistoryShards"]) == cluster["NUM_HISTORY_SHARDS"]
    stores = {name: store["sql"] for name, store in persistence["datastores"].items()}
    assert {store["pluginName"] for store in stores.values()} == {cluster["DB"]}
    assert stores["default"]["databaseName"] == cluster["DBNAME"]
    assert stores["visibility"]["databaseName"] == cluster["VISIBILITY_DBNAME"]


def test_ui_and_codec_server_are_told_of_one_another() -> None:
    (ingress,) = (manifest for manifest in BASE if manifest["kind"] == "Ingress")
    (rule,) = ingress["spec"]["rules"]
    values = document(KUBERNETES / "temporal-values.yaml")
    ui = {one["name"]: one["value"] for one in values["web"]["additionalEnv"]}
    assert ui["TEMPORAL_CODEC_ENDPOINT"] == f"https://{rule['host']}/codec"
    assert ingress["spec"]["tls"][0]["hosts"] == [rule["host"]]
    origin = str(given(of("baton-gateway"))["BATON_UI_ORIGIN"])
    assert origin.partition(".")[2] == rule["host"].partition(".")[2], "browsers sign in within one site only"
    assert ui["TEMPORAL_DEFAULT_NAMESPACE"] == variables(TEMPORAL / "namespace.env")["TEMPORAL_NAMESPACE"]
