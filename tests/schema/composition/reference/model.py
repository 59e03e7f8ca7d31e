"""Subgraphs as mutable records that print themselves: easy to make, to spoil and to shrink."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from marquee_schema.composition import Subgraph
from tests.schema.composition.small_graphs import link


@dataclass(slots=True)
class FieldText:
    """A field of an object, interface or input object."""

    name: str
    type: str
    arguments: list[str] = field(default_factory=list)
    directives: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        arguments = f"({', '.join(self.arguments)})" if self.arguments else ""
        return " ".join([f"{self.name}{arguments}: {self.type}", *self.directives])


@dataclass(slots=True)
class TypeText:
    """A type: fields, or the members of a union or the values of an enum in `names`."""

    keyword: str
    name: str
    interfaces: list[str] = field(default_factory=list)
    directives: list[str] = field(default_factory=list)
    fields: list[FieldText] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def find(self, name: str) -> FieldText | None:
        """The field of that name."""
        return next((each for each in self.fields if each.name == name), None)

    def __str__(self) -> str:
        implements = f"implements {' & '.join(self.interfaces)}" if self.interfaces else ""
        head = " ".join(part for part in (self.keyword, self.name, implements, *self.directives) if part)
        if self.keyword == "union":
            return f"{head} = {' | '.join(self.names)}"
        if self.keyword == "scalar":
            return head
        lines = self.names if self.keyword == "enum" else [str(each) for each in self.fields]
        return f"{head} {{\n" + "".join(f"  {line}\n" for line in lines) + "}"


@dataclass(slots=True)
class SubgraphText:
    """A subgraph of Federation 2.`minor`; with None one of Federation 1, which links nothing."""

    name: str
    minor: int | None = 9
    types: list[TypeText] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    """Links and definitions besides its types."""

    def find(self, name: str) -> TypeText | None:
        """The type of that name."""
        return next((each for each in self.types if each.name == name), None)

    def __str__(self) -> str:
        head = "" if self.minor is None else link(self.minor)
        return head + "\n".join([*self.extra, *map(str, self.types)]) + "\n"


def subgraphs(texts: Sequence[SubgraphText]) -> list[Subgraph]:
    """For the composer."""
    return [Subgraph(name=text.name, url=f"http://{text.name}", sdl=str(text)) for text in texts]
