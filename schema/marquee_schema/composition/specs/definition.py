"""The records in which the specifications are written: versions, feature URLs, and the elements of a
feature."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import urlsplit

from marquee_schema.composition.values import MISSING, Default, Value

SPECS = "https://specs.apollo.dev"
_VERSION = re.compile(r"v(\d+)\.(\d+)")


class Version(NamedTuple):
    """The version of a specification; ordered by major, then minor number."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"v{self.major}.{self.minor}"

    def satisfies(self, required: "Version") -> bool:
        """True if an element that needs version `required` works with this version."""
        if self.major != required.major:
            return False
        # Before 1.0, every minor version may break the one before.
        return self.minor == required.minor if self.major == 0 else self.minor >= required.minor


class InvalidFeatureUrlError(ValueError):
    """The text is not the URL of a feature with a version."""


@dataclass(frozen=True, slots=True)
class FeatureUrl:
    """The URL of a feature, such as `https://specs.apollo.dev/federation/v2.3`; the identity is the URL
    without the version."""

    identity: str
    name: str
    version: Version

    def __str__(self) -> str:
        return f"{self.identity}/{self.version}"

    @classmethod
    def parse(cls, text: str) -> "FeatureUrl":
        """Reads a feature URL; raises `InvalidFeatureUrlError`, which names the missing part."""
        try:
            parts = urlsplit(text)
            host = parts.hostname
            port = f":{parts.port}" if parts.port else ""
        except ValueError as error:
            raise InvalidFeatureUrlError(f'"{text}" is not a valid URL') from error
        if not parts.scheme or not host:
            raise InvalidFeatureUrlError(f'"{text}" is not a valid URL')
        if parts.path in ("", "/"):
            raise InvalidFeatureUrlError(f'Missing path in feature url "{text}"')
        *path, last = parts.path.split("/")
        if not last:
            raise InvalidFeatureUrlError(f'Missing version component in feature url "{text}"')
        match = _VERSION.fullmatch(last)
        if not match:
            raise InvalidFeatureUrlError(f"Expected a version string (of the form v1.2), got {last}")
        if not path or not path[-1]:
            raise InvalidFeatureUrlError(f'Missing feature name component in feature url "{text}"')
        identity = f"{parts.scheme}://{host}{port}{'/'.join(path)}"
        return cls(identity, path[-1], Version(int(match[1]), int(match[2])))


class Purpose(StrEnum):
    """Why a router must understand a linked feature."""

    SECURITY = "SECURITY"
    EXECUTION = "EXECUTION"


@dataclass(frozen=True, slots=True)
class ArgumentSpec:
    """An argument; in `type`, a name in braces is a type of the same feature: `{FieldSet}!`.

    `merge` combines different values that subgraphs give for one element; without it, the most frequent
    application wins.
    """

    name: str
    type: str
    default: Default = MISSING
    merge: Callable[[Sequence[Value]], Default] | None = None


@dataclass(frozen=True, slots=True)
class Composition:
    """How a directive reaches the supergraph.

    `feature` gives the specification that defines it there. `through_join` directives become
    `@join__directive`s. `transform(subgraph, arguments)` rewrites the arguments.
    """

    feature: Callable[[Version], "FeatureSpec"]
    through_join: bool = False
    transform: Callable[[str, Mapping[str, Value]], dict[str, Value]] | None = None


@dataclass(frozen=True, slots=True)
class DirectiveSpec:
    """A directive of a feature, by its name in the specification."""

    name: str
    locations: tuple[str, ...]
    arguments: tuple[ArgumentSpec, ...] = ()
    repeatable: bool = False
    composition: Composition | None = None

    @property
    def merges_arguments(self) -> bool:
        """True if different arguments are combined; otherwise the most frequent ones are chosen."""
        return any(argument.merge for argument in self.arguments)


@dataclass(frozen=True, slots=True)
class TypeSpec:
    """A scalar of a feature, or an enum when it has values (name to description)."""

    name: str
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class FeatureSpec:
    """One version of a specification."""

    url: FeatureUrl
    directives: Mapping[str, DirectiveSpec]
    types: Mapping[str, TypeSpec] = field(default_factory=dict)
    purpose: Purpose | None = None
    minimum_federation: Version | None = None

    @property
    def element_names(self) -> set[str]:
        """The elements that can be imported: `@name` for a directive, the bare name for a type."""
        return {f"@{name}" for name in self.directives} | set(self.types)


def feature(
    name: str,
    version: tuple[int, int],
    directives: Sequence[DirectiveSpec],
    types: Sequence[TypeSpec] = (),
    *,
    purpose: Purpose | None = None,
    minimum_federation: Version | None = None,
) -> FeatureSpec:
    """One version of one of Apollo's specifications."""
    return FeatureSpec(
        FeatureUrl(f"{SPECS}/{name}", name, Version(*version)),
        {directive.name: directive for directive in directives},
        {spec.name: spec for spec in types},
        purpose,
        minimum_federation,
    )


def for_federation(versions: Sequence[FeatureSpec], federation: Version) -> FeatureSpec:
    """The newest of the versions (oldest first) that a federation version can use, within the latest major
    version."""
    latest_major = versions[-1].url.version.major
    candidates = [spec for spec in versions if spec.url.version.major == latest_major]
    usable = [s for s in candidates if s.minimum_federation is None or federation >= s.minimum_federation]
    return (usable or candidates)[-1 if usable else 0]
