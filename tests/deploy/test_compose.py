"""docker-compose.yml: what holds for every container, and that the parts fit together."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.compose import interpolate
from marquee.cli import COMMANDS
from marquee.subgraphs import NAMES

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
GIVEN = dict.fromkeys(re.findall(r"\$\{(\w+):\?", TEXT), "given")
DOCUMENT: dict[str, Any] = interpolate(yaml.safe_load(TEXT), GIVEN)
SERVICES: dict[str, Any] = DOCUMENT["services"]
STORES = {"postgres", "mongo", "rabbitmq"}
"""Their images start as root to give their files to their own user, and write into their volumes."""
SEED_PORTS = {
    "users": 3000, "movies": 8000, "showtimes": 4000, "tickets": 5000, "payments": 6000,
    "notifications": 7000, "reviews": 9000, "loyalty": 10000, "analytics": 11000, "router": 8080,
}  # fmt: skip


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_is_bounded_and_watched(name: str) -> None:
    service = SERVICES[name]
    limits = service["deploy"]["resources"]["limits"]
    assert limits.keys() == {"cpus", "memory", "pids"}
    assert service["restart"] in ("unless-stopped", "on-failure:5")
    assert "no-new-privileges:true" in service["security_opt"]
    assert "privileged" not in service
    assert "network_mode" not in service
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}
    if name not in STORES:
        assert service["cap_drop"] == ["ALL"]
        assert service["read_only"] is True
    if (
        not service["restart"].startswith("on-failure") and name != "jaeger"
    ):  # whose image has nothing to ask with
        assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_is_pinned(name: str) -> None:
    image = SERVICES[name]["image"]
    assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+(\.\d+)?(-\w+)?", image), image


def test_services_wait_for_those_they_need() -> None:
    for name, service in SERVICES.items():
        for other, rule in (service.get("depends_on") or {}).items():
            wanted = rule["condition"]
            assert other in SERVICES, (name, other)
            assert wanted != "service_healthy" or "healthcheck" in SERVICES[other], (name, other)
    for name in NAMES:
        assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_ports_are_those_of_the_guide_and_only_nginx_is_open_to_others() -> None:
    assert {name: int(SERVICES[name]["expose"][0]) for name in SEED_PORTS} == SEED_PORTS
    published = {name: service["ports"] for name, service in SERVICES.items() if service.get("ports")}
    assert published.pop("nginx") == ["80:8080"]
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)
    assert all("edge" in SERVICES[name]["networks"] for name in published)


def test_networks_keep_apart_who_has_nothing_to_say_to_each_other() -> None:
    networks = DOCUMENT["networks"]
    assert all(networks[name]["internal"] for name in ("front", "services", "stores"))
    on = {name: set(service["networks"]) for name, service in SERVICES.items()}
    assert "stores" not in on["nginx"]
    assert not on["bank"] & {"stores", "services"}
    assert all(on[store] == {"stores"} for store in (*STORES, "redis"))
    assert SERVICES["router"]["environment"]["MARQUEE_TRUSTED_PROXIES"] == "172.30.80.2"
    assert SERVICES["nginx"]["networks"]["front"]["ipv4_address"] == "172.30.80.2"


def test_no_password_has_a_default() -> None:
    for variable, rest in re.findall(r"\$\{(\w*(?:PASSWORD|SECRET|STRIPE_KEY)\w*)([^}]*)\}", TEXT):
        assert rest == ":?run deploy/make-secrets", variable


def test_what_is_mounted_is_there_and_commands_exist() -> None:
    for name, service in SERVICES.items():
        for volume in service.get("volumes") or ():
            source = volume.split(":")[0]
            if source.startswith("./"):
                assert (ROOT / source).exists(), (name, source)
            else:
                assert source in DOCUMENT["volumes"]
        if service["restart"].startswith("on-failure") or name in (*NAMES, "router", "bank"):
            assert service["command"][0] in COMMANDS
        if name in NAMES:
            assert service["command"] == ["subgraph", name, "--port", str(SEED_PORTS[name])]
            assert service["environment"]["MARQUEE_MIGRATE"] == "check"
