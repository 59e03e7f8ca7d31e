"""The errors of composition.

    CompositionError          the only exception that `compose` raises, whatever the input
      .errors -> Problem      one finding: a stable `code`, a message that says what to do, and places

The codes are the published ones of Apollo Federation, since tools and people search for them. Never invent
one here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum, auto

from marquee_foundation.errors import MarqueeError


class ErrorCode(StrEnum):
    """The published error codes of federation."""

    @staticmethod
    def _generate_next_value_(name: str, start: int, count: int, last_values: list[str]) -> str:
        """Each code is spelled as its name."""
        return name

    # one subgraph's schema
    INVALID_GRAPHQL = auto()
    INVALID_SUBGRAPH_NAME = auto()
    DIRECTIVE_DEFINITION_INVALID = auto()
    TYPE_DEFINITION_INVALID = auto()
    ROOT_QUERY_USED = auto()
    ROOT_MUTATION_USED = auto()
    ROOT_SUBSCRIPTION_USED = auto()
    # @link
    UNSUPPORTED_LINKED_FEATURE = auto()
    UNKNOWN_FEDERATION_LINK_VERSION = auto()
    UNKNOWN_LINK_VERSION = auto()
    INVALID_LINK_DIRECTIVE_USAGE = auto()
    INVALID_LINK_IDENTIFIER = auto()
    LINK_IMPORT_NAME_MISMATCH = auto()
    # @key
    KEY_FIELDS_HAS_ARGS = auto()
    KEY_FIELDS_SELECT_INVALID_TYPE = auto()
    KEY_DIRECTIVE_IN_FIELDS_ARG = auto()
    KEY_INVALID_FIELDS = auto()
    KEY_INVALID_FIELDS_TYPE = auto()
    KEY_UNSUPPORTED_ON_INTERFACE = auto()
    INTERFACE_KEY_NOT_ON_IMPLEMENTATION = auto()
    INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE = auto()
    # @provides
    PROVIDES_FIELDS_HAS_ARGS = auto()
    PROVIDES_DIRECTIVE_IN_FIELDS_ARG = auto()
    PROVIDES_FIELDS_MISSING_EXTERNAL = auto()
    PROVIDES_INVALID_FIELDS = auto()
    PROVIDES_INVALID_FIELDS_TYPE = auto()
    PROVIDES_ON_NON_OBJECT_FIELD = auto()
    PROVIDES_UNSUPPORTED_ON_INTERFACE = auto()
    # @requires
    REQUIRES_DIRECTIVE_IN_FIELDS_ARG = auto()
    REQUIRES_FIELDS_MISSING_EXTERNAL = auto()
    REQUIRES_INVALID_FIELDS = auto()
    REQUIRES_INVALID_FIELDS_TYPE = auto()
    REQUIRES_UNSUPPORTED_ON_INTERFACE = auto()
    # @external
    EXTERNAL_UNUSED = auto()
    EXTERNAL_ON_INTERFACE = auto()
    EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE = auto()
    EXTERNAL_MISSING_ON_BASE = auto()
    EXTERNAL_TYPE_MISMATCH = auto()
    EXTERNAL_ARGUMENT_MISSING = auto()
    EXTERNAL_ARGUMENT_TYPE_MISMATCH = auto()
    EXTERNAL_ARGUMENT_DEFAULT_MISMATCH = auto()
    MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL = auto()
    TYPE_WITH_ONLY_UNUSED_EXTERNAL = auto()
    # @shareable
    INVALID_FIELD_SHARING = auto()
    INVALID_SHAREABLE_USAGE = auto()
    SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES = auto()
    # @override
    OVERRIDE_FROM_SELF_ERROR = auto()
    OVERRIDE_SOURCE_HAS_OVERRIDE = auto()
    OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE = auto()
    OVERRIDE_ON_INTERFACE = auto()
    OVERRIDE_LABEL_INVALID = auto()
    # @interfaceObject
    INTERFACE_OBJECT_USAGE_ERROR = auto()
    # @inaccessible
    REFERENCED_INACCESSIBLE = auto()
    DEFAULT_VALUE_USES_INACCESSIBLE = auto()
    QUERY_ROOT_TYPE_INACCESSIBLE = auto()
    REQUIRED_INACCESSIBLE = auto()
    IMPLEMENTED_BY_INACCESSIBLE = auto()
    DISALLOWED_INACCESSIBLE = auto()
    ONLY_INACCESSIBLE_CHILDREN = auto()
    # @context and @fromContext
    CONTEXT_NAME_INVALID = auto()
    CONTEXT_NOT_SET = auto()
    CONTEXT_INVALID_SELECTION = auto()
    CONTEXT_NO_RESOLVABLE_KEY = auto()
    NO_CONTEXT_IN_SELECTION = auto()
    CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS = auto()
    # @cost and @listSize
    COST_APPLIED_TO_INTERFACE_FIELD = auto()
    LIST_SIZE_APPLIED_TO_NON_LIST = auto()
    LIST_SIZE_INVALID_ASSUMED_SIZE = auto()
    LIST_SIZE_INVALID_SIZED_FIELD = auto()
    LIST_SIZE_INVALID_SLICING_ARGUMENT = auto()
    # @authenticated, @requiresScopes, @policy
    AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE = auto()
    MISSING_TRANSITIVE_AUTH_REQUIREMENTS = auto()
    # @composeDirective
    DIRECTIVE_COMPOSITION_ERROR = auto()
    # merging types
    NO_QUERIES = auto()
    TYPE_KIND_MISMATCH = auto()
    EXTENSION_WITH_NO_BASE = auto()
    FIELD_TYPE_MISMATCH = auto()
    FIELD_ARGUMENT_TYPE_MISMATCH = auto()
    FIELD_ARGUMENT_DEFAULT_MISMATCH = auto()
    INPUT_FIELD_DEFAULT_MISMATCH = auto()
    REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH = auto()
    REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH = auto()
    EMPTY_MERGED_INPUT_TYPE = auto()
    EMPTY_MERGED_ENUM_TYPE = auto()
    ENUM_VALUE_MISMATCH = auto()
    INTERFACE_FIELD_NO_IMPLEM = auto()
    # the whole supergraph
    SATISFIABILITY_ERROR = auto()
    MAX_VALIDATION_SUBGRAPH_PATHS_EXCEEDED = auto()


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a subgraph's SDL; line and column start at 1."""

    subgraph: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.subgraph}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why the subgraphs do not compose."""

    code: ErrorCode
    message: str
    locations: tuple[Location, ...] = ()

    def __str__(self) -> str:
        where = f" ({', '.join(map(str, self.locations))})" if self.locations else ""
        return f"[{self.code}] {self.message}{where}"


class CompositionError(MarqueeError):
    """The subgraphs do not compose; `errors` has every reason, with its code and places."""

    code = "COMPOSITION_FAILED"

    def __init__(self, errors: Iterable[Problem]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(map(str, self.errors)))
