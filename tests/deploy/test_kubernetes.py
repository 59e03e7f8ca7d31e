"""The manifests for Kubernetes as they are applied: valid, and held to one policy."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from marquee.subgraphs import NAMES

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "kubernetes"
OVERLAYS = ("base", "overlays/demo")
VERSION = "1.33"

Manifest = dict[str, Any]


@pytest.fixture(scope="module", params=OVERLAYS)
def manifests(request: pytest.FixtureRequest) -> list[Manifest]:
    """All objects of one overlay."""
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not installed")
    command = [
        "kubectl",
        "kustomize",
        "--load-restrictor",
        "LoadRestrictionsNone",
        str(FOLDER / request.param),
    ]
    rendered = subprocess.run(command, capture_output=True, text=True, check=True)
    return list(yaml.safe_load_all(rendered.stdout))


def of_kind(manifests: list[Manifest], *kinds: str) -> dict[str, Manifest]:
    """By name."""
    return {found["metadata"]["name"]: found for found in manifests if found["kind"] in kinds}


def pods(manifests: list[Manifest]) -> Iterator[tuple[str, Manifest]]:
    """The specification of every pod, with its owner's name."""
    for name, owner in of_kind(manifests, "Deployment", "Job").items():
        yield name, owner["spec"]["template"]["spec"]


def test_every_object_is_valid(manifests: list[Manifest]) -> None:
    for manifest in manifests:
        kubernetes_validate.validate(manifest, VERSION, strict=True)


def test_no_pod_may_more_than_it_needs(manifests: list[Manifest]) -> None:
    for name, pod in pods(manifests):
        assert pod["serviceAccountName"] == "marquee", name
        assert pod["automountServiceAccountToken"] is False, name
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["securityContext"]["runAsUser"] == 10001, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for container in pod["containers"]:
            assert re.fullmatch(r"marquee(-web)?:\d+\.\d+\.\d+", container["image"]), name
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False, name
            assert context["readOnlyRootFilesystem"] is True, name
            assert context["capabilities"] == {"drop": ["ALL"]}, name
            resources = container["resources"]
            assert {"cpu", "memory"} <= resources["limits"].keys() & resources["requests"].keys(), name


def test_what_serves_is_asked_for_its_health_and_drains(manifests: list[Manifest]) -> None:
    for name, deployment in of_kind(manifests, "Deployment").items():
        pod = deployment["spec"]["template"]["spec"]
        [container] = pod["containers"]
        assert {"startupProbe", "livenessProbe", "readinessProbe"} <= container.keys(), name
        if name == "bank":
            continue
        assert deployment["spec"]["replicas"] >= 2, name
        pause = int(container["lifecycle"]["preStop"]["exec"]["command"][-1])
        assert pod["terminationGracePeriodSeconds"] >= pause + 20, name
        assert pod["topologySpreadConstraints"], name
        if name != "web":
            assert container["readinessProbe"]["httpGet"]["path"] == "/ready", name
        budget = of_kind(manifests, "PodDisruptionBudget")[name]
        assert budget["spec"]["selector"] == deployment["spec"]["selector"], name


def test_every_subgraph_is_there_and_found(manifests: list[Manifest]) -> None:
    deployments, services = of_kind(manifests, "Deployment"), of_kind(manifests, "Service")
    [router] = deployments["router"]["spec"]["template"]["spec"]["containers"]
    urls = {entry["name"]: entry.get("value") for entry in router["env"]}
    for name in NAMES:
        [container] = deployments[name]["spec"]["template"]["spec"]["containers"]
        port = container["ports"][0]["containerPort"]
        assert container["args"] == ["subgraph", name, "--port", str(port)]
        assert services[name]["spec"]["ports"][0]["port"] == port
        assert urls[f"MARQUEE_{name.upper()}_URL"] == f"http://{name}:{port}"
    for name, scaler in of_kind(manifests, "HorizontalPodAutoscaler").items():
        assert scaler["spec"]["scaleTargetRef"]["name"] == name
        assert name in deployments


def test_no_secret_is_in_the_manifests_and_each_one_is_listed(manifests: list[Manifest]) -> None:
    assert not of_kind(manifests, "Secret")
    listed = (FOLDER / "base" / "secrets.md").read_text()
    for name, pod in pods(manifests):
        for container in pod["containers"]:
            for entry in container.get("env", []):
                reference = entry.get("valueFrom", {}).get("secretKeyRef")
                if reference is None:
                    assert not re.search(r"PASSWORD|SECRET|STRIPE_KEY|POSTGRES_URL", entry["name"]), (
                        name,
                        entry,
                    )
                else:
                    assert f"`{reference['name']}`" in listed, reference
                    known = reference["key"] in listed or reference["key"].startswith("postgres-")
                    assert known or reference["key"] == "mongo-demo", reference
        for volume in pod.get("volumes", []):
            if "secret" in volume:
                assert f"`{volume['secret']['secretName']}`" in listed


def test_nobody_talks_to_anybody_unless_told(manifests: list[Manifest]) -> None:
    policies = of_kind(manifests, "NetworkPolicy")
    nobody = policies["nobody"]["spec"]
    assert nobody["podSelector"] == {}
    assert set(nobody["policyTypes"]) == {"Ingress", "Egress"}
    assert "ingress" not in nobody
    assert "egress" not in nobody
    [heard] = policies["subgraphs"]["spec"]["ingress"]
    assert heard["from"] == [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "router"}}}]
    assert {policy["metadata"]["namespace"] for policy in policies.values()} == {"marquee"}
