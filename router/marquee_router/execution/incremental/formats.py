"""The formats in which the parts of an answer are written; owns both, and the choice's names.

`APOLLO` is what Apollo's clients ask for as `deferSpec=20220824`; `DRAFT` is the incremental delivery of the
current specification draft, asked for as `incrementalSpec=v0.2`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import orjson

from marquee_router.execution.incremental.records import DeliveredFragment, PendingFragment, ResponsePart
from marquee_router.request import Response


class IncrementalFormat(StrEnum):
    """How the parts of an incremental answer are written."""

    APOLLO = "20220824"
    DRAFT = "v0.2"


def incremental_format(name: str | None, otherwise: IncrementalFormat) -> IncrementalFormat:
    """The format of this name; `otherwise` when there is none."""
    return next((each for each in IncrementalFormat if each == name), otherwise)


class PartWriter:
    """Writes the parts of one answer."""

    def __init__(self, format_: IncrementalFormat) -> None:
        self._format = format_
        self._ids: dict[tuple[str, tuple[str | int, ...]], str] = {}
        self._given = 0

    def write(self, part: ResponsePart) -> Response:
        """One part as JSON."""
        message: dict[str, Any] = {}
        if part.data is not None:
            message["data"] = part.data
            if part.errors:
                message["errors"] = part.errors
            if not part.has_next:
                return Response(orjson.dumps(message), has_errors=bool(part.errors))
        if self._format is IncrementalFormat.DRAFT:
            self._draft(message, part)
        elif part.delivered:
            message["incremental"] = [_apollo(each) for each in part.delivered]
        message["hasNext"] = part.has_next
        errors = bool(part.errors) or any(each.errors for each in part.delivered)
        return Response(orjson.dumps(message), has_errors=errors, has_next=part.has_next)

    def _draft(self, message: dict[str, Any], part: ResponsePart) -> None:
        if part.announced:
            message["pending"] = [self._pending(fragment) for fragment in part.announced]
        incremental: list[dict[str, Any]] = []
        completed: list[dict[str, Any]] = []
        for each in part.delivered:
            own = {"id": self._ids.pop(_key(each.fragment))}
            errors = {"errors": each.errors} if each.errors else {}
            if each.projected is None:
                completed.append({**own, **errors})
            else:
                incremental.append({**own, "data": each.data, **errors})
                completed.append(own)
        if incremental:
            message["incremental"] = incremental
        if completed:
            message["completed"] = completed

    def _pending(self, fragment: PendingFragment) -> dict[str, Any]:
        number = self._ids[_key(fragment)] = str(self._given)
        self._given += 1
        label = {"label": fragment.deferral.label} if fragment.deferral.label is not None else {}
        return {"id": number, "path": list(fragment.path), **label}


def _key(fragment: PendingFragment) -> tuple[str, tuple[str | int, ...]]:
    return fragment.deferral.variable, fragment.path


def _apollo(each: DeliveredFragment) -> dict[str, Any]:
    entry: dict[str, Any] = {"data": each.data, "path": list(each.fragment.path)}
    if each.fragment.deferral.label is not None:
        entry["label"] = each.fragment.deferral.label
    if each.errors:
        entry["errors"] = each.errors
    return entry
