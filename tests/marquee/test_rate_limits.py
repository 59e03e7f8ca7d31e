"""The cinema's rates are the same in one process and in many."""

from __future__ import annotations

from marquee.cinema import rate_limits
from marquee.resources import CHECKOUT
from marquee_router.config import load_config
from marquee_subgraphs.kit.settings import load_settings


def test_router_yaml_and_the_one_process_limit_alike() -> None:
    environment = {"MARQUEE_REDIS_URL": "redis://localhost:6379/1"}
    many = load_config(CHECKOUT / "deploy" / "router.yaml", environment).rate_limits
    one = rate_limits(load_settings(environment))
    assert many == one
