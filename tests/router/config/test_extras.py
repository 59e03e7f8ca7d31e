"""A setting whose library is not installed is refused at start, with the extra that installs it."""

from __future__ import annotations

from typing import Any

import pytest

from marquee_router.config import extras
from marquee_router.config.extras import check_extras
from marquee_router.config.model import RouterConfig
from marquee_router.errors import RouterMisconfigured

URL = "redis://localhost"
USES = [
    ({"telemetry": {"otlp_url": "http://localhost:4318"}}, "telemetry.otlp_url", "telemetry"),
    ({"rate_limits": {"redis_url": URL}}, "rate_limits.redis_url", "redis"),
    ({"cache": {"redis_url": URL}}, "cache.redis_url", "redis"),
    (
        {"authentication": {"ended_sessions": {"redis_url": URL}}},
        "authentication.ended_sessions.redis_url",
        "redis",
    ),
    ({"event_sources": {"brokers": {"news": {"redis_url": URL}}}}, "brokers.news.redis_url", "redis"),
]


@pytest.mark.parametrize(("settings", "setting", "extra"), USES, ids=[use[1] for use in USES])
def test_the_message_names_the_setting_and_the_extra(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], setting: str, extra: str
) -> None:
    config = RouterConfig.model_validate(settings)
    check_extras(config)
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    with pytest.raises(RouterMisconfigured) as refused:
        check_extras(config)
    assert setting in str(refused.value)
    assert f"marquee-router[{extra}]" in str(refused.value)


def test_settings_without_such_a_library_need_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    check_extras(RouterConfig())
