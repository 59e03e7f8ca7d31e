"""Apollo's `connect` specification (REST connectors): its directives are carried as data, its types are never
merged."""

from marquee_schema.composition.specs.definition import SPECS

CONNECT_IDENTITY = f"{SPECS}/connect"
