"""Subgraphs as mutable records that print themselves: easy to make and to reduce."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", '
    '"@external", "@requires", "@provides", "@override", "@inaccessible", "@interfaceObject", "@context", '
    '"@fromContext"])\n'
)


@dataclass(slots=True)
class FieldText:
    """A field of an object, interface or input object."""

    name: str
    type: str
    arguments: list[str] = field(default_factory=list)
    directives: list[str] = field(default_factory=list)

    @property
    def target(self) -> str:
        """The name of its type."""
        return self.type.strip("[]!")

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
        lines = self.names if self.keyword == "enum" else [str(each) for each in self.fields]
        return "\n".join([f"{head} {{", *(f"  {line}" for line in lines), "}"])


@dataclass(slots=True)
class SubgraphText:
    """A subgraph of Federation 2."""

    name: str
    types: list[TypeText] = field(default_factory=list)

    def find(self, name: str) -> TypeText | None:
        """The type of that name."""
        return next((each for each in self.types if each.name == name), None)

    def mentions(self, name: str) -> bool:
        """True if the subgraph refers to a type of that name."""
        for each in self.types:
            if name in each.interfaces or name in each.names:
                return True
            for found in each.fields:
                kinds = [argument.partition(":")[2].partition("=")[0] for argument in found.arguments]
                if name in (found.target, *(kind.split("@")[0].strip(" []!") for kind in kinds)):
                    return True
        return False

    def __str__(self) -> str:
        return LINK + "\n".join(map(str, self.types)) + "\n"


def field_names(key: str) -> list[str]:
    """The fields at the top of a key."""
    return re.sub(r"\{.*?\}", "", key).split()
