"""The router as an ASGI app: construction, reload, shutdown."""

from marquee_router.app.application import RouterApp, create_app
from marquee_router.app.extras import Extras

__all__ = ["Extras", "RouterApp", "create_app"]
