"""The names that a mistyped name may stand for."""

from collections.abc import Iterable

from graphql.pyutils import suggestion_list

_MAX_LENGTH = 100


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence, with a space before it, that suggests the nearest names; empty when none is near."""
    if len(name) > _MAX_LENGTH:
        return ""
    nearest = suggestion_list(name, sorted(known))[:5]
    if not nearest:
        return ""
    *most, last = [f'"{candidate}"' for candidate in nearest]
    offered = f"{', '.join(most)} or {last}" if most else last
    return f" Did you mean {offered}?"
