"""The Kubernetes manifests, as they are written and as kustomize renders them, and what they may hold."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
from ruamel.yaml import YAML

from tests.deployed import DEPLOY, documents

KUBERNETES = DEPLOY / "kubernetes"
OVERLAYS = sorted(path.name for path in (KUBERNETES / "overlays").iterdir())
VERSIONS = ("1.33.0", "1.37.0")
"""The oldest and the newest Kubernetes for which manifests are checked; docs/deploy.md states them."""

Manifest = dict[str, Any]


def _object(required: Sequence[str] = (), **properties: Any) -> Manifest:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


_TEXT = {"type": "string", "minLength": 1}
_NAME = {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"}
_DURATION = {"type": "string", "pattern": "^([0-9]+(h|m|s))+$"}
_COUNT = {"type": "integer", "minimum": 0}
_NAMED = _object(["name"], name=_NAME)
_KEY = _object(["name", "key"], name=_NAME, key=_TEXT)

_SCALED_OBJECT = {
    "scaleTargetRef": _object(["name"], name=_NAME),
    "minReplicaCount": _COUNT,
    "maxReplicaCount": _COUNT,
    "pollingInterval": _COUNT,
    "advanced": _object(horizontalPodAutoscalerConfig=_object(behavior={"type": "object"})),
    "fallback": _object(
        ["failureThreshold", "replicas"],
        failureThreshold=_COUNT,
        replicas=_COUNT,
        behavior={"enum": ["static", "currentReplicas", "currentReplicasIfHigher", "currentReplicasIfLower"]},
    ),
    "triggers": {
        "type": "array",
        "minItems": 1,
        "items": _object(
            ["type", "metadata"],
            type={"const": "temporal"},
            # KEDA takes only text, even for numbers.
            metadata=_object(
                ["endpoint", "namespace", "taskQueue"],
                endpoint={"type": "string", "pattern": "^[a-zA-Z0-9.-]+:[0-9]+$"},
                namespace={"type": "string"},
                taskQueue=_TEXT,
                queueTypes={"type": "string", "pattern": "^(workflow|activity)(,(workflow|activity))*$"},
                targetQueueSize={"type": "string", "pattern": "^[0-9]+$"},
            ),
        ),
    },
}

CUSTOM: Mapping[tuple[str, str], Manifest] = {
    ("temporal.io/v1alpha1", "Connection"): {
        **_object(
            ["hostPort"],
            hostPort={"type": "string", "pattern": "^[a-zA-Z0-9.-]+:[0-9]+$"},
            apiKeySecretRef=_KEY,
            mutualTLSSecretRef=_NAMED,
            tls=_object(serverName=_TEXT),
        ),
        "not": {"required": ["apiKeySecretRef", "mutualTLSSecretRef"]},
    },
    ("temporal.io/v1alpha1", "WorkerDeployment"): _object(
        ["rollout", "sunset", "template", "workerOptions"],
        replicas=_COUNT,
        minReadySeconds=_COUNT,
        progressDeadlineSeconds=_COUNT,
        rollout=_object(
            ["strategy"],
            strategy={"enum": ["Manual", "AllAtOnce", "Progressive"]},
            steps={
                "type": "array",
                "items": _object(
                    ["rampPercentage", "pauseDuration"],
                    rampPercentage={"type": "integer", "minimum": 0, "maximum": 100},
                    pauseDuration=_DURATION,
                ),
            },
            gate=_object(["workflowType"], workflowType=_TEXT),
        ),
        sunset=_object(scaledownDelay=_DURATION, deleteDelay=_DURATION),
        workerOptions=_object(
            ["connectionRef", "temporalNamespace"], connectionRef=_NAMED, temporalNamespace=_TEXT
        ),
        template={"type": "object"},  # a pod template, see `valid`
    ),
    ("temporal.io/v1alpha1", "WorkerResourceTemplate"): _object(
        ["template", "workerDeploymentRef"],
        workerDeploymentRef=_NAMED,
        template=_object(
            ["apiVersion", "kind", "spec"],
            # Exactly what the controller's chart allows; for the spec, see `valid`.
            apiVersion={"const": "autoscaling/v2"},
            kind={"const": "HorizontalPodAutoscaler"},
            spec={
                "type": "object",
                "required": ["scaleTargetRef"],
                "properties": {"scaleTargetRef": {"const": {}}},
            },
        ),
    ),
    ("keda.sh/v1alpha1", "ScaledObject"): _object(["scaleTargetRef", "triggers"], **_SCALED_OBJECT),
    ("monitoring.coreos.com/v1", "PodMonitor"): _object(
        ["selector", "podMetricsEndpoints"],
        selector=_object(["matchLabels"], matchLabels={"type": "object"}),
        podMetricsEndpoints={
            "type": "array",
            "minItems": 1,
            "items": _object(
                ["port"],
                port=_NAME,
                interval=_DURATION,
                relabelings={
                    "type": "array",
                    "items": _object(["targetLabel", "replacement"], targetLabel=_TEXT, replacement=_TEXT),
                },
            ),
        },
    ),
}
"""What the specs of custom resources may hold, as far as is used here: worker controller 1.8, KEDA 2.21."""


def written() -> list[Any]:
    """Each manifest as it is in its file, as a parameter of tests."""
    found = []
    for path in sorted(KUBERNETES.rglob("*.yaml")):
        if path.name not in ("kustomization.yaml", "temporal-values.yaml"):
            for manifest in documents(path):
                label = f"{path.relative_to(KUBERNETES)}: {manifest['kind']} {manifest['metadata']['name']}"
                found.append(pytest.param(manifest, id=label))
    return found


@cache
def _rendered(folder: Path) -> str:
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip(
            "there is no kubectl here to render overlays with; single manifests are checked without it"
        )
    command = [kubectl, "kustomize", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def rendered(overlay: str | Path) -> list[Manifest]:
    """The manifests that are applied: those of an overlay here, or of a folder with an overlay of one's own.

    Skips the test where there is no kubectl.
    """
    return list(YAML(typ="safe").load_all(_rendered(KUBERNETES / "overlays" / overlay)))


def one(manifests: Sequence[Manifest], kind: str, name: str) -> Manifest:
    (found,) = (
        manifest for manifest in manifests if (manifest["kind"], manifest["metadata"]["name"]) == (kind, name)
    )
    return found


def pod_templates(manifests: Sequence[Manifest]) -> Iterator[tuple[str, Manifest]]:
    """The kind and name of each manifest that makes pods, and what it makes them from."""
    for manifest in manifests:
        if manifest["kind"] in ("Deployment", "WorkerDeployment", "Job"):
            yield f"{manifest['kind']} {manifest['metadata']['name']}", manifest["spec"]["template"]


def valid(manifest: Manifest, version: str) -> None:
    """Raise if Kubernetes of this version would not take the manifest, or would ignore a part of it."""
    schema = CUSTOM.get((manifest["apiVersion"], manifest["kind"]))
    if schema is None:
        kubernetes_validate.validate(manifest, version, strict=True)
        return
    jsonschema.validate(manifest["spec"], schema)
    if manifest["kind"] == "WorkerDeployment" and manifest["spec"]["template"]:
        template = manifest["spec"]["template"]
        as_deployment = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": manifest["metadata"],
            "spec": {"selector": {"matchLabels": template["metadata"]["labels"]}, "template": template},
        }
        kubernetes_validate.validate(as_deployment, version, strict=True)
    if manifest["kind"] == "WorkerResourceTemplate":
        made = manifest["spec"]["template"]
        filled_in = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "of-a-version"}
        as_made = {
            **made,
            "metadata": {"name": "of-a-version"},
            "spec": {**made["spec"], "scaleTargetRef": filled_in},
        }
        kubernetes_validate.validate(as_made, version, strict=True)
