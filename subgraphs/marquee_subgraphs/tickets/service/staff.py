"""What the role of a member of staff decides: the role in the audit log, and the cinemas that they see."""

from __future__ import annotations

from marquee_subgraphs.kit.identity import Viewer

_ROLES = ("admin", "manager", "box_office")


def role_of(viewer: Viewer) -> str:
    """Return the role under which an action is audited: the highest that the viewer has."""
    return next((role for role in _ROLES if role in viewer.roles), "customer")


def cinemas_seen_by(viewer: Viewer) -> frozenset[str] | None:
    """Return the cinemas whose orders and tickets a viewer sees; None means all."""
    if viewer.is_admin:
        return None
    return viewer.cinemas if viewer.is_staff else frozenset()
