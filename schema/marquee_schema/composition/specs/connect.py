"""Apollo's `connect` specification (REST connectors): its directives reach the supergraph as data, its types
do not."""

from marquee_schema.composition.specs.definition import SPECS

CONNECT_IDENTITY = f"{SPECS}/connect"
