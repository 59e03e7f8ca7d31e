"""From router.yaml and the environment to a checked `RouterConfig`.

Owns the mapping of a mistake to the line or the variable it stands in. Must never let half-valid settings
through.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from router.config.model import RouterConfig

ENVIRONMENT_PREFIX = "MARQUEE_ROUTER__"

Location = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """One mistake: where it stands (`router.yaml:12` or a variable's name), and what is wrong."""

    where: str
    setting: str
    message: str

    def __str__(self) -> str:
        return (
            f"{self.where}: {self.setting}: {self.message}"
            if self.setting
            else f"{self.where}: {self.message}"
        )


class ConfigError(ValueError):
    """A configuration that cannot be used; `problems` names each mistake."""

    code = "INVALID_CONFIGURATION"

    def __init__(self, problems: tuple[ConfigProblem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def load_config(file: Path | None = None, environment: Mapping[str, str] | None = None) -> RouterConfig:
    """Read and check the settings; an environment variable wins over the file.

    `MARQUEE_ROUTER__HTTP__MAX_BODY_BYTES=2048` overrides `http.max_body_bytes`; values are read as YAML.
    Raises `ConfigError` with every problem found.
    """
    sources: dict[Location, str] = {}
    settings: Any = {}
    if file is not None:
        settings = _read_yaml(file, sources)
        if not isinstance(settings, dict):
            raise ConfigError((ConfigProblem(f"{file}:1", "", "must be a mapping of settings"),))
    _apply_environment(settings, os.environ if environment is None else environment, sources)
    try:
        return RouterConfig.model_validate(settings)
    except ValidationError as error:
        fallback = str(file) if file is not None else "configuration"
        raise ConfigError(_problems(error, sources, fallback)) from None


def json_schema() -> dict[str, Any]:
    """The JSON Schema of router.yaml, for editors."""
    return RouterConfig.model_json_schema()


def _read_yaml(file: Path, sources: dict[Location, str]) -> Any:
    try:
        root = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError((ConfigProblem(str(file), "", f"cannot be read: {error}"),)) from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError((ConfigProblem(f"{file}:{line}", "", error.problem or "is not YAML"),)) from None
    return {} if root is None else _construct(root, (), str(file), sources)


def _construct(node: yaml.Node, location: Location, file: str, sources: dict[Location, str]) -> Any:
    """The node's value; notes the line of each key and item on the way."""
    sources.setdefault(location, f"{file}:{node.start_mark.line + 1}")
    if isinstance(node, yaml.MappingNode):
        mapping: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = _scalar(key_node)
            line = f"{file}:{key_node.start_mark.line + 1}"
            if key in mapping:
                raise ConfigError(
                    (ConfigProblem(line, ".".join(map(str, (*location, key))), "is set twice"),)
                )
            sources[(*location, key)] = line
            mapping[key] = _construct(value_node, (*location, key), file, sources)
        return mapping
    if isinstance(node, yaml.SequenceNode):
        return [_construct(item, (*location, index), file, sources) for index, item in enumerate(node.value)]
    return _scalar(node)


def _scalar(node: yaml.Node) -> Any:
    return yaml.SafeLoader("").construct_object(node)


def _apply_environment(
    settings: dict[str, Any], environment: Mapping[str, str], sources: dict[Location, str]
) -> None:
    for name, text in sorted(environment.items()):
        if not name.upper().startswith(ENVIRONMENT_PREFIX):
            continue
        *parents, last = name[len(ENVIRONMENT_PREFIX) :].lower().split("__")
        section = settings
        for index, parent in enumerate(parents):
            child = section.get(parent)
            section[parent] = section = dict(child) if isinstance(child, dict) else {}
            sources.setdefault(tuple(parents[: index + 1]), name)
        try:
            section[last] = yaml.safe_load(text)
        except yaml.YAMLError:
            section[last] = text
        sources[(*parents, last)] = name


def _problems(
    error: ValidationError, sources: Mapping[Location, str], fallback: str
) -> tuple[ConfigProblem, ...]:
    problems = []
    for detail in error.errors(include_url=False):
        location: Location = detail["loc"]
        where = next(
            (sources[location[:end]] for end in range(len(location), -1, -1) if location[:end] in sources),
            fallback,
        )
        problems.append(ConfigProblem(where, ".".join(map(str, location)), detail["msg"]))
    return tuple(problems)
