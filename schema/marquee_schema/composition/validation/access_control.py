"""AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE: access requirements are declared on objects, and interfaces inherit
them when merged."""

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.model import InterfaceType
from marquee_schema.composition.report import SubgraphReport
from marquee_schema.composition.specs.access_control import ACCESS_CONTROL_DIRECTIVES
from marquee_schema.composition.subgraph.schema import SubgraphSchema


def check_access_control(schema: SubgraphSchema, report: SubgraphReport) -> None:
    """Reports `@authenticated`, `@requiresScopes` and `@policy` on interfaces, their fields, and interface
    objects."""
    for candidate in schema.composites():
        is_interface = isinstance(candidate, InterfaceType)
        if not is_interface and not schema.is_interface_object(candidate):
            continue
        kind = "interface" if is_interface else "interface object"
        sites = [(kind, candidate.coordinate, candidate.directives)]
        if is_interface:
            sites += [("interface field", f.coordinate, f.directives) for f in candidate.fields.values()]
        for what, coordinate, directives in sites:
            for applied in directives:
                if applied.canonical in ACCESS_CONTROL_DIRECTIVES:
                    report.error(
                        ErrorCode.AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE,
                        f'Invalid use of @{applied.name} on {what} "{coordinate}": apply it to the'
                        " implementing types and their fields.",
                        applied.node,
                    )
