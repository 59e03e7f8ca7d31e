"""Reads the parts of a Compose file that processes need. Starts nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

_REFERENCE: Final = re.compile(
    r"\$\$|\$\{(?P<name>\w+)(?:(?P<kind>:-|-|:\?|\?)(?P<argument>[^}]*))?\}|\$(?P<plain>\w+)"
)


class ComposeError(ValueError):
    """The file cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Service:
    """One service; lists are as in the file, variables replaced."""

    name: str
    image: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    ports: tuple[int, ...]
    """The ports that it listens on in its container (`expose`)."""
    after: Mapping[str, str]
    """The services it waits for, each with its condition."""
    is_job: bool
    """It does its work and ends."""
    replicas: int
    addresses: frozenset[str]
    """Fixed addresses it has on networks."""


@dataclass(frozen=True, slots=True)
class ComposeFile:
    """The services, and the files of secrets by name."""

    services: Mapping[str, Service]
    secrets: Mapping[str, str]


def read_env(text: str) -> dict[str, str]:
    """The variables of an `.env` file."""
    lines = (line.strip() for line in text.splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def read_compose(file: Path, variables: Mapping[str, str]) -> ComposeFile:
    """Read and replace `${…}`. Raises `ComposeError` for a variable that must be set."""
    document = interpolate(yaml.safe_load(file.read_text(encoding="utf-8")), variables)
    services = {name: _service(name, given) for name, given in document["services"].items()}
    return ComposeFile(services, {name: given["file"] for name, given in document["secrets"].items()})


def interpolate(value: Any, variables: Mapping[str, str]) -> Any:
    """The same value with `${NAME}`, `${NAME:-default}`, `${NAME:?message}` and `$$` replaced."""
    match value:
        case str():
            return _REFERENCE.sub(lambda found: _replacement(found, variables), value)
        case list():
            return [interpolate(item, variables) for item in value]
        case dict():
            return {key: interpolate(item, variables) for key, item in value.items()}
        case _:
            return value


def _replacement(found: re.Match[str], variables: Mapping[str, str]) -> str:
    name = found["name"] or found["plain"]
    if name is None:
        return "$"
    value, kind = variables.get(name), found["kind"] or ""
    if value is None or (not value and kind.startswith(":")):
        if "?" in kind:
            raise ComposeError(f"{name} is not set: {found['argument']}")
        return found["argument"] or ""
    return value


def _service(name: str, given: Mapping[str, Any]) -> Service:
    networks = given.get("networks") or {}
    settings = networks.values() if isinstance(networks, dict) else ()
    after = given.get("depends_on") or {}
    return Service(
        name=name,
        image=given["image"],
        command=tuple(map(str, given.get("command") or ())),
        environment={key: str(value) for key, value in (given.get("environment") or {}).items()},
        ports=tuple(int(port) for port in given.get("expose") or ()),
        after={other: str(rule["condition"]) for other, rule in after.items()},
        is_job=str(given.get("restart", "")).startswith("on-failure"),
        replicas=int((given.get("deploy") or {}).get("replicas", 1)),
        addresses=frozenset(rule["ipv4_address"] for rule in settings if rule and "ipv4_address" in rule),
    )
