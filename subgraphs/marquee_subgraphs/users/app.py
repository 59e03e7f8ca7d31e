"""Wiring of the users subgraph, and nothing else."""

from __future__ import annotations

from contextlib import AsyncExitStack
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from marquee_foundation.ed25519 import read_private_key
from marquee_subgraphs.kit.app import Subgraph, Wiring
from marquee_subgraphs.kit.audit import AuditLog
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.kit.settings import Settings
from marquee_subgraphs.kit.supervisor import BackgroundTask
from marquee_subgraphs.users.events import UserEvents, consume
from marquee_subgraphs.users.migrations import HISTORY
from marquee_subgraphs.users.passwords import Passwords
from marquee_subgraphs.users.schema import build_users_schema
from marquee_subgraphs.users.service import UserService
from marquee_subgraphs.users.store import UserStore
from marquee_subgraphs.users.throttle import SignInThrottle
from marquee_subgraphs.users.tokens import AccessTokens, read_or_make_key

NAME = "users"
PORT = 3000


def build(runtime: Runtime, *, passwords: Passwords | None = None) -> Subgraph:
    """The users subgraph; `passwords` sets the cost of hashing, by default the recommended one."""
    return Subgraph(
        runtime,
        name=NAME,
        port=PORT,
        schema=build_users_schema(runtime.logger(NAME)),
        wire=partial(_wire, passwords),
    )


async def _wire(passwords: Passwords | None, runtime: Runtime, stack: AsyncExitStack) -> Wiring:
    database = await stack.enter_async_context(await runtime.open_database(NAME, HISTORY))
    events = runtime.events(NAME, database)
    store = UserStore()
    user_events = UserEvents(events.outbox)
    consume(events.consumer, store, user_events)
    tokens = _signing_tokens(runtime.settings)
    service = UserService(
        database=database,
        store=store,
        events=user_events,
        audit=AuditLog(runtime.clock),
        passwords=passwords or Passwords(),
        tokens=tokens,
        throttle=SignInThrottle(runtime.pace(NAME)),
        clock=runtime.clock,
    )

    tasks = [BackgroundTask("forget-expired-sessions", service.forget_expired, every_seconds=3600)]
    if runtime.redis is not None:
        from marquee_subgraphs.users.session_teller import SessionTeller

        teller = SessionTeller(runtime.redis.server, service.ended_sessions, runtime.clock)
        tasks.append(BackgroundTask("tell-ended-sessions", teller.run))

    async def jwks(_: Request) -> Response:
        return JSONResponse(tokens.jwks, headers={"cache-control": "public, max-age=300"})

    return Wiring(
        service=service,
        database=database,
        events=events,
        tasks=tasks,
        routes=[Route("/.well-known/jwks.json", jwks)],
    )


def _signing_tokens(settings: Settings) -> AccessTokens:
    file = settings.signing_key_file
    keys = [
        read_or_make_key(settings.data_dir / "users-signing-key.pem")
        if file is None
        else read_private_key(file)
    ]
    if settings.previous_signing_key_file is not None:
        keys.append(read_private_key(settings.previous_signing_key_file))
    return AccessTokens(keys)
