"""`@authenticated`, `@requiresScopes` and `@policy`: what a client must have to read an element."""

from marquee_schema.composition.specs.argument_strategies import dnf_conjunction
from marquee_schema.composition.specs.definition import (
    SPECS,
    ArgumentSpec,
    Composition,
    DirectiveSpec,
    FeatureSpec,
    Purpose,
    TypeSpec,
    Version,
    feature,
)

AUTHENTICATED_IDENTITY = f"{SPECS}/authenticated"
REQUIRES_SCOPES_IDENTITY = f"{SPECS}/requiresScopes"
POLICY_IDENTITY = f"{SPECS}/policy"
ACCESS_CONTROL_IDENTITIES = (AUTHENTICATED_IDENTITY, REQUIRES_SCOPES_IDENTITY, POLICY_IDENTITY)
ACCESS_CONTROL_DIRECTIVES = ("authenticated", "requiresScopes", "policy")

_LOCATIONS = ("FIELD_DEFINITION", "OBJECT", "INTERFACE", "SCALAR", "ENUM")

AUTHENTICATED_VERSIONS: tuple[FeatureSpec, ...] = (
    feature(
        "authenticated",
        (0, 1),
        [
            DirectiveSpec(
                "authenticated", _LOCATIONS, composition=Composition(lambda _: AUTHENTICATED_VERSIONS[-1])
            )
        ],
        purpose=Purpose.SECURITY,
        minimum_federation=Version(2, 5),
    ),
)

REQUIRES_SCOPES_VERSIONS: tuple[FeatureSpec, ...] = (
    feature(
        "requiresScopes",
        (0, 1),
        [
            DirectiveSpec(
                "requiresScopes",
                _LOCATIONS,
                (ArgumentSpec("scopes", "[[{Scope}!]!]!", merge=dnf_conjunction),),
                composition=Composition(lambda _: REQUIRES_SCOPES_VERSIONS[-1]),
            )
        ],
        [TypeSpec("Scope")],
        purpose=Purpose.SECURITY,
    ),
)

POLICY_VERSIONS: tuple[FeatureSpec, ...] = (
    feature(
        "policy",
        (0, 1),
        [
            DirectiveSpec(
                "policy",
                _LOCATIONS,
                (ArgumentSpec("policies", "[[{Policy}!]!]!", merge=dnf_conjunction),),
                composition=Composition(lambda _: POLICY_VERSIONS[-1]),
            )
        ],
        [TypeSpec("Policy")],
        purpose=Purpose.SECURITY,
    ),
)
