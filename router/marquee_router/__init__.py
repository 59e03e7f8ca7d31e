"""The federation router: plans, executes and answers operations on any supergraph. Knows no cinema.

`create_app` and `serve` are imported when they are first used, so that the pure parts (`planning`) load no
server, and an ASGI app under another server loads none of ours.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from marquee_router.app import Extras, RouterApp, create_app
    from marquee_router.serving.reload import Reload
    from marquee_router.serving.serve import serve

__all__ = ["Extras", "Reload", "RouterApp", "create_app", "serve"]

_MODULES: Final = {
    "Extras": "marquee_router.app",
    "Reload": "marquee_router.serving.reload",
    "RouterApp": "marquee_router.app",
    "create_app": "marquee_router.app",
    "serve": "marquee_router.serving.serve",
}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
