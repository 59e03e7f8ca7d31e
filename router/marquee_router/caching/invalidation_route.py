"""`POST /cache/invalidations`: invalidates cached replies, for clients with the token."""

from __future__ import annotations

import hmac
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from marquee_router.caching.cache import SubgraphCache

PATH: Final = "/cache/invalidations"


class _Changed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ChangedSubgraph(_Changed):
    """Every reply of a subgraph."""

    subgraph: str


class ChangedType(_Changed):
    """One entity of a type, or all."""

    type: str
    key: Annotated[dict[str, Any], Field(min_length=1)] | None = None


_CHANGES: Final[TypeAdapter[list[ChangedSubgraph | ChangedType]]] = TypeAdapter(
    list[ChangedSubgraph | ChangedType]
)


def invalidation_route(cache: SubgraphCache, token: str) -> Route:
    """Return the route: it takes a JSON list of `{"type", "key"?}` and `{"subgraph"}`, and answers 204 when
    none of them is served from the cache any more.
    """
    expected = f"Bearer {token}".encode()

    async def invalidate(request: Request) -> Response:
        given = request.headers.get("authorization", "").encode("latin-1")
        # Constant time: the time of a comparison must not reveal how much of the token is right.
        if not hmac.compare_digest(given, expected):
            return JSONResponse({"error": "The token is missing or wrong"}, 401)
        try:
            changes = _CHANGES.validate_json(await request.body())
        except ValidationError as error:
            problems = error.errors(include_url=False, include_context=False, include_input=False)
            return JSONResponse({"error": "Not a list of changes", "problems": problems}, 400)
        for change in changes:
            if isinstance(change, ChangedSubgraph):
                await cache.invalidate_subgraph(change.subgraph)
            else:
                await cache.invalidate(change.type, change.key)
        return Response(status_code=204)

    return Route(PATH, invalidate, methods=["POST"])
