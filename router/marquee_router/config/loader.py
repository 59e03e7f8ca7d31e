"""From router.yaml and the environment to a checked `RouterConfig`.

Owns the mapping of a mistake to its line or its variable. Must never return settings that are only partly
valid.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError

from marquee_router.config.model import RouterConfig
from marquee_router.config.problem_messages import explained
from marquee_router.errors import RouterError

ENVIRONMENT_PREFIX = "MARQUEE_ROUTER__"

Location = tuple[str | int, ...]

_REFERENCE: Final = re.compile(r"\$\$|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}")


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """One mistake: its place (`router.yaml:12`, or the name of a variable), and what is wrong."""

    where: str
    setting: str
    message: str

    def __str__(self) -> str:
        return (
            f"{self.where}: {self.setting}: {self.message}"
            if self.setting
            else f"{self.where}: {self.message}"
        )


class ConfigError(RouterError, ValueError):
    """A configuration that cannot be used; `problems` names each mistake."""

    code = "INVALID_CONFIGURATION"

    def __init__(self, problems: tuple[ConfigProblem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def load_config(file: Path | None = None, environment: Mapping[str, str] | None = None) -> RouterConfig:
    """Read and check the settings; an environment variable wins over the file.

    `MARQUEE_ROUTER__HTTP__MAX_BODY_BYTES=2048` overrides `http.max_body_bytes`; values are read as YAML.
    In the file `${NAME}` and `${NAME:-default}` are replaced from the environment, `$$` is a dollar sign.
    Raises `ConfigError` with every problem found.
    """
    environment = os.environ if environment is None else environment
    sources: dict[Location, str] = {}
    settings: Any = {}
    if file is not None:
        settings = _YamlFile(file, environment, sources).read()
        if not isinstance(settings, dict):
            raise ConfigError((ConfigProblem(f"{file}:1", "", "must be a mapping of settings"),))
    _apply_environment(settings, environment, sources)
    try:
        return RouterConfig.model_validate(settings)
    except ValidationError as error:
        fallback = str(file) if file is not None else "configuration"
        raise ConfigError(_problems(error, sources, fallback)) from None


def json_schema() -> dict[str, Any]:
    """The JSON Schema of router.yaml, for editors."""
    return RouterConfig.model_json_schema()


class _YamlFile:
    """Reads one router.yaml, notes the line of each key and item, and replaces references."""

    def __init__(self, file: Path, environment: Mapping[str, str], sources: dict[Location, str]) -> None:
        self._file = file
        self._environment = environment
        self._sources = sources
        self._unset: list[ConfigProblem] = []

    def read(self) -> Any:
        try:
            root = yaml.compose(self._file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError((ConfigProblem(str(self._file), "", f"cannot be read: {error}"),)) from None
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            problem = ConfigProblem(f"{self._file}:{line}", "", error.problem or "is not YAML")
            raise ConfigError((problem,)) from None
        # An empty file is an empty configuration.
        value = {} if root is None else self._construct(root, ())
        if self._unset:
            raise ConfigError(tuple(self._unset))
        return value

    def _construct(self, node: yaml.Node, location: Location) -> Any:
        self._sources.setdefault(location, self._line(node))
        if isinstance(node, yaml.MappingNode):
            mapping: dict[Any, Any] = {}
            for key_node, value_node in node.value:
                key = _scalar(key_node)
                line = self._line(key_node)
                if key in mapping:
                    raise ConfigError(
                        (ConfigProblem(line, ".".join(map(str, (*location, key))), "is set twice"),)
                    )
                self._sources[(*location, key)] = line
                mapping[key] = self._construct(value_node, (*location, key))
            return mapping
        if isinstance(node, yaml.SequenceNode):
            return [self._construct(item, (*location, index)) for index, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode) and "$" in node.value:
            return self._replaced(node, location)
        return _scalar(node)

    def _replaced(self, node: yaml.ScalarNode, location: Location) -> Any:
        """The scalar with its references replaced; `port: ${PORT}` becomes a number, `"${PORT}"` a string."""

        def replacement(found: re.Match[str]) -> str:
            name, default = found["name"], found["default"]
            if name is None:
                return "$"
            value = self._environment.get(name) or default
            if value is None:
                setting = ".".join(map(str, location))
                self._unset.append(
                    ConfigProblem(self._line(node), setting, f"the variable {name} is not set")
                )
                return ""
            return value

        text = _REFERENCE.sub(replacement, node.value)
        if node.style is not None:
            return text
        tag: str = yaml.SafeLoader("").resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]  # so in its stubs
        return _scalar(yaml.ScalarNode(tag, text))

    def _line(self, node: yaml.Node) -> str:
        return f"{self._file}:{node.start_mark.line + 1}"


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
        # As YAML: `2048` is a number, `[a, b]` a list. What is no YAML is a string, for example a URL
        # template.
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
        message = explained(RouterConfig, detail)
        problems.append(ConfigProblem(where, ".".join(map(str, location)), message))
    return tuple(sorted(problems, key=_in_order))


def _in_order(problem: ConfigProblem) -> tuple[str, int]:
    """By file and line."""
    name, _, line = problem.where.rpartition(":")
    return (name, int(line)) if line.isdigit() else (problem.where, 0)
