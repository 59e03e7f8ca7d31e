"""Wiring of the users subgraph, and nothing else."""

from __future__ import annotations

from contextlib import AsyncExitStack
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from marquee_subgraphs.kit.app import Subgraph, Wiring
from marquee_subgraphs.kit.backend import open_backend
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.kit.supervisor import BackgroundTask
from marquee_subgraphs.users.adapters.signing_keys import signing_keys
from marquee_subgraphs.users.events.handlers import UserHandlers
from marquee_subgraphs.users.migrations import HISTORY
from marquee_subgraphs.users.schema import build_users_schema
from marquee_subgraphs.users.service import UserService
from marquee_subgraphs.users.service.ended_sessions import EndedSessions
from marquee_subgraphs.users.service.passwords import Passwords
from marquee_subgraphs.users.service.sign_in_throttle import SignInThrottle
from marquee_subgraphs.users.service.tokens import AccessTokens
from marquee_subgraphs.users.store import UserStore

NAME = "users"
PORT = 3000
_CLEAN_UP_EVERY_SECONDS = 3600.0


def build(runtime: Runtime, *, passwords: Passwords | None = None) -> Subgraph:
    """Return the users subgraph, not started; `passwords` replaces the recommended cost of hashing."""
    schema = build_users_schema(runtime.logger(NAME))
    wire = partial(_wire, passwords)
    return Subgraph(runtime, name=NAME, port=PORT, schema=schema, wire=wire)


async def _wire(passwords: Passwords | None, runtime: Runtime, stack: AsyncExitStack) -> Wiring:
    backend = await open_backend(runtime, NAME, HISTORY, stack)
    tokens = AccessTokens(signing_keys(runtime.settings))
    throttle = SignInThrottle(runtime.pace(NAME))
    service = UserService.of(backend, UserStore(), tokens, passwords or Passwords(), throttle)
    UserHandlers(backend, service).register()
    return Wiring(
        backend=backend,
        service=service,
        tasks=[
            BackgroundTask(
                "delete expired sessions", service.sessions.delete_expired, _CLEAN_UP_EVERY_SECONDS
            ),
            *_publishers(runtime, service.ended_sessions),
        ],
        routes=[Route("/.well-known/jwks.json", partial(_jwks, tokens))],
    )


def _publishers(runtime: Runtime, ended: EndedSessions) -> list[BackgroundTask]:
    """Return the publisher of ended sessions for routers in other processes; empty without Redis."""
    if runtime.redis is None:
        return []
    # Imported here: without Redis, its client need not be loaded.
    from marquee_subgraphs.users.adapters.ended_session_publisher import EndedSessionPublisher

    publisher = EndedSessionPublisher(runtime.redis.server, runtime.clock)
    ended.on_added = publisher.add
    return [BackgroundTask("publish ended sessions", publisher.run)]


async def _jwks(tokens: AccessTokens, _: Request) -> Response:
    return JSONResponse(tokens.jwks, headers={"cache-control": "public, max-age=300"})
