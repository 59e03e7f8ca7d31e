"""Which sessions' access tokens are refused, and for how long that is remembered."""

from __future__ import annotations

from datetime import timedelta

import pytest

from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.users.domain import ACCESS_TOKEN_LIFETIME
from marquee_subgraphs.users.service import ended_sessions
from marquee_subgraphs.users.service.ended_sessions import EndedSessions


def test_a_session_is_remembered_until_its_last_token_has_expired() -> None:
    clock = FrozenClock()
    ended = EndedSessions(clock)
    ended.add(["ses_1"])
    clock.advance(timedelta(minutes=1))
    ended.add(["ses_2"])
    assert ended.is_revoked({"sid": "ses_1"})
    assert not ended.is_revoked({"sid": "ses_3"})
    assert not ended.is_revoked({})
    clock.advance(ACCESS_TOKEN_LIFETIME - timedelta(seconds=30))
    ended.add(["ses_3"])
    assert len(ended) == 2
    assert ended.is_revoked({"sid": "ses_2"})


def test_no_more_are_kept_than_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ended_sessions, "MOST_SESSIONS", 3)
    ended = EndedSessions(FrozenClock())
    ended.add([f"ses_{number}" for number in range(5)])
    assert len(ended) == 3
    assert ended.is_revoked({"sid": "ses_4"})
