"""The router as an ASGI app: construction, reload, shutdown."""

from marquee_router.app.application import Extras, RouterApp, create_app

__all__ = ["Extras", "RouterApp", "create_app"]
