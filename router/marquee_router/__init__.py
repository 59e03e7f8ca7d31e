"""The federation router: plans, executes and answers operations on any supergraph. Knows no cinema.

The app is imported when it is first asked for, so that the pure parts (`planning`) load no server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from marquee_router.app import Extras, RouterApp, create_app

__all__ = ["Extras", "RouterApp", "create_app"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from marquee_router import app

        return getattr(app, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
