"""`@link` and `@core` applications: URL, alias and imports, each checked."""

import re
from collections.abc import Iterable, Iterator, Mapping

from graphql import Node

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.specs.definition import FeatureUrl, InvalidFeatureUrlError
from marquee_schema.composition.specs.known import known_feature
from marquee_schema.composition.subgraph.links import Import, LinkedFeature, LinkError
from marquee_schema.composition.suggestions import did_you_mean
from marquee_schema.composition.values import Value, print_value

_IMPORT = re.compile(r"@?[_A-Za-z][_0-9A-Za-z]*")
_USAGE = ErrorCode.INVALID_LINK_DIRECTIVE_USAGE


class LinkErrors(Exception):
    """All mistakes in one `@link`."""

    def __init__(self, errors: Iterable[LinkError]) -> None:
        self.errors = tuple(errors)
        super().__init__(*self.errors)


def read_feature(
    arguments: Mapping[str, Value], node: Node | None, url_argument: str = "url"
) -> LinkedFeature:
    """The feature that a `@link` names; raises `LinkErrors`."""
    text = arguments.get(url_argument)
    if not isinstance(text, str):
        raise LinkErrors(
            [LinkError(ErrorCode.INVALID_LINK_IDENTIFIER, "@link needs a feature URL as a string.")]
        )
    try:
        url = FeatureUrl.parse(text)
    except InvalidFeatureUrlError as error:
        raise LinkErrors([LinkError(ErrorCode.INVALID_LINK_IDENTIFIER, f"{error}.")]) from error
    alias = arguments.get("as")
    imports = read_imports(url, arguments.get("import"))
    return LinkedFeature(url, alias if isinstance(alias, str) else url.name, imports, node)


def read_imports(url: FeatureUrl, value: Value) -> tuple[Import, ...]:
    """The imports of a link to `url`; raises `LinkErrors` with every mistake in them."""
    if value is None:
        return ()
    imports: list[Import] = []
    errors: list[LinkError] = []
    for entry in value if isinstance(value, list) else [value]:
        try:
            imported = _read_import(entry)
        except LinkError as error:
            errors.append(error)
            continue
        imports.append(imported)
        errors.extend(_misnamed(imported, url))
    if errors:
        raise LinkErrors(errors)
    return tuple(imports)


def _read_import(entry: Value) -> Import:
    """One import: `"@key"` or `{name: "@key", as: "@id"}`."""
    if isinstance(entry, str):
        return Import(entry, entry)
    if not isinstance(entry, dict):
        raise LinkError(
            _USAGE,
            f"Invalid value {print_value(entry)} in @link(import:): use strings or {{name:, as:}} objects.",
        )
    for key, value in entry.items():
        if key not in ("name", "as"):
            raise LinkError(_USAGE, f'Unknown field "{key}" in {print_value(entry)} of @link(import:).')
        if not isinstance(value, str) or not _IMPORT.fullmatch(value):
            raise LinkError(
                _USAGE, f'Invalid "{key}" in {print_value(entry)} of @link(import:): must be a name.'
            )
    name = entry.get("name")
    if not isinstance(name, str):
        raise LinkError(_USAGE, f'Missing "name" in {print_value(entry)} of @link(import:).')
    alias = entry.get("as")
    return Import(name, alias if isinstance(alias, str) else name)


def _misnamed(imported: Import, url: FeatureUrl) -> Iterator[LinkError]:
    """Mistakes in an import: an element that the feature does not have, or a directive renamed like a
    type."""
    if imported.name.startswith("@") != imported.alias.startswith("@"):
        should = "start with" if imported.name.startswith("@") else "not start with"
        yield LinkError(
            _USAGE, f'Invalid @link import {imported}: the new name of "{imported.name}" should {should} "@".'
        )
    known = known_feature(url)
    if known is None or imported.name in known.element_names:
        return
    if f"@{imported.name}" in known.element_names:
        advice = f' Did you mean directive "@{imported.name}"?'
    else:
        advice = did_you_mean(imported.name, known.element_names)
    yield LinkError(_USAGE, f'Cannot import unknown element "{imported.name}" from {url}.{advice}')
