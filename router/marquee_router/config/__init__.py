"""router.yaml: the settings, their checks and their sources."""

from marquee_router.config.loader import ConfigError, ConfigProblem, json_schema, load_config
from marquee_router.config.model import RouterConfig

__all__ = ["ConfigError", "ConfigProblem", "RouterConfig", "json_schema", "load_config"]
