"""Health and readiness, without a token."""

from __future__ import annotations

from tests.router.transport.driving import call
from tests.router.transport.fake import fake_app


async def test_health_is_always_told_and_readiness_only_while_serving() -> None:
    app, _ = fake_app()
    assert (await call(app, "GET", "/health")).status == 200
    assert (await call(app, "GET", "/ready")).status == 503
