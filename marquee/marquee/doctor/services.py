"""Looks at the services that the settings name beside the SQL stores: each is asked for its version."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from functools import partial
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import aiohttp

from marquee.doctor.finding import Finding, Look, bad, good, place_of, warning
from marquee_subgraphs.kit.settings import Settings

_ANSWER_SECONDS: Final = 4.0
_STRIPE: Final = "https://api.stripe.com"


def looks(settings: Settings) -> Iterator[tuple[str, bool, Look]]:
    """The looks at the services that are named. Services that are not named are embedded."""
    for name, value, driver, look in (
        ("Redis", settings.redis_url, "redis.asyncio", _redis),
        ("RabbitMQ", settings.amqp_url, "aio_pika", _rabbitmq),
        ("MongoDB", settings.mongo_url, "motor.motor_asyncio", _mongodb),
        ("mail", settings.smtp_url, "aiosmtplib", _mail),
        ("SMS", settings.sms_url, "aiohttp", _sms),
        ("payments", settings.stripe_key, "aiohttp", _payments),
        ("traces", settings.otlp_url, "aiohttp", _traces),
        ("router's keys", settings.router_keys, "aiohttp", _router_keys),
    ):
        if value is not None:
            importlib.import_module(driver)  # now: it must not count into the response time
            yield name, True, partial(look, settings)


async def _redis(settings: Settings) -> Finding:
    from redis.asyncio import Redis

    assert settings.redis_url is not None, "looked at only when it is set"
    client: Any = Redis.from_url(
        settings.redis_url.get_secret_value(),
        socket_timeout=_ANSWER_SECONDS,
        socket_connect_timeout=_ANSWER_SECONDS,
    )
    try:
        info = await client.info()
    finally:
        await client.aclose()
    detail = f"{info['redis_version']} at {place_of(settings.redis_url)}"
    if info.get("role") != "master":
        return bad("Redis", f"{detail}, a {info.get('role')}", "Name the primary: this one takes no writes.")
    limit, policy = int(info.get("maxmemory", 0)), str(info.get("maxmemory_policy", ""))
    if limit and policy == "noeviction" and info["used_memory"] > limit * 0.9:
        return warning("Redis", f"{detail}, nearly full", "Raise maxmemory, or let it evict (allkeys-lru).")
    return good("Redis", detail)


async def _rabbitmq(settings: Settings) -> Finding:
    import aio_pika

    assert settings.amqp_url is not None, "looked at only when it is set"
    address = settings.amqp_url.get_secret_value().partition("?")[0]
    connection = await aio_pika.connect(address, timeout=_ANSWER_SECONDS)
    try:
        transport: Any = connection.transport
        properties = transport.connection.server_properties
        channel = await connection.channel()
        await channel.close()
    finally:
        await connection.close()
    version = properties.get("version", "unknown version")
    shown = version.decode() if isinstance(version, bytes) else version
    return good("RabbitMQ", f"{shown} at {place_of(settings.amqp_url)}")


async def _mongodb(settings: Settings) -> Finding:
    from motor.motor_asyncio import AsyncIOMotorClient

    assert settings.mongo_url is not None, "looked at only when it is set"
    milliseconds = int(_ANSWER_SECONDS * 1000)
    client: Any = AsyncIOMotorClient(
        settings.mongo_url.get_secret_value(),
        serverSelectionTimeoutMS=milliseconds,
        connectTimeoutMS=milliseconds,
        timeoutMS=milliseconds,
    )
    try:
        info = await client.server_info()
    finally:
        client.close()
    return good("MongoDB", f"{info.get('version', 'unknown version')} at {place_of(settings.mongo_url)}")


async def _mail(settings: Settings) -> Finding:
    """Connect as for a mail, and sign in if the address has a user name; nothing is sent."""
    import aiosmtplib

    assert settings.smtp_url is not None, "looked at only when it is set"
    parts = urlsplit(settings.smtp_url.get_secret_value())
    server = aiosmtplib.SMTP(
        hostname=parts.hostname or "localhost",
        port=parts.port,
        use_tls=parts.scheme == "smtps",
        timeout=_ANSWER_SECONDS,
    )
    greeting = await server.connect()
    try:
        await server.ehlo()
        if parts.username and parts.password:
            await server.login(unquote(parts.username), unquote(parts.password))
    finally:
        server.close()
    return good("mail", f"{place_of(settings.smtp_url)} greets: {greeting.message.splitlines()[0][:80]}")


async def _status(url: str, **options: Any) -> int:
    timeout = aiohttp.ClientTimeout(total=_ANSWER_SECONDS)
    method = options.pop("method", "GET")
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.request(method, url, **options) as answer,
    ):
        return answer.status


async def _sms(settings: Settings) -> Finding:
    assert settings.sms_url is not None, "looked at only when it is set"
    assert settings.sms_key is not None, "the settings need it with the address"
    account, _, token = settings.sms_key.get_secret_value().partition(":")
    base = settings.sms_url.get_secret_value().rstrip("/")
    status = await _status(
        f"{base}/2010-04-01/Accounts/{account}.json", auth=aiohttp.BasicAuth(account, token)
    )
    if status in (401, 403):
        return bad("SMS", f"the key is refused ({status})", "Correct MARQUEE_SMS_KEY.")
    return good("SMS", f"{place_of(settings.sms_url)} answers {status}")


async def _payments(settings: Settings) -> Finding:
    """Read one payment with the key, which changes nothing."""
    assert settings.stripe_key is not None, "looked at only when it is set"
    url = _STRIPE if settings.stripe_url is None else settings.stripe_url.get_secret_value().rstrip("/")
    headers = {"authorization": f"Bearer {settings.stripe_key.get_secret_value()}"}
    status = await _status(f"{url}/v1/payment_intents?limit=1", headers=headers)
    place = urlsplit(url).netloc
    if status in (401, 403):
        return bad("payments", f"{place} refuses the key ({status})", "Correct MARQUEE_STRIPE_KEY.")
    if status >= 400:
        return bad("payments", f"{place} answers {status}", "Does it speak Stripe's API?")
    kind = "real cards" if settings.takes_real_money else "test cards"
    if settings.stripe_webhook_secret is None:
        advice = "Set MARQUEE_STRIPE_WEBHOOK_SECRET: without it the truth is found by asking, later."
        return warning("payments", f"{place}, {kind}, no webhooks", advice)
    return good("payments", f"{place}, {kind}")


async def _traces(settings: Settings) -> Finding:
    assert settings.otlp_url is not None, "looked at only when it is set"
    url = settings.otlp_url.get_secret_value().rstrip("/")
    url = url if url.endswith("/v1/traces") else f"{url}/v1/traces"
    headers = {"content-type": "application/x-protobuf"}
    status = await _status(url, method="POST", data=b"", headers=headers)
    if status >= 400:
        return warning("traces", f"{place_of(settings.otlp_url)} answers {status}", "Is it OTLP over HTTP?")
    return good("traces", f"{place_of(settings.otlp_url)} takes them")


async def _router_keys(settings: Settings) -> Finding:
    assert settings.router_keys is not None, "looked at only when it is set"
    where = settings.router_keys
    if not where.startswith(("http://", "https://")):
        if os.path.isfile(where):  # noqa: ASYNC240 - one look at one file
            return good("router's keys", where)
        return bad("router's keys", f"{where} is not there", "Correct MARQUEE_ROUTER_KEYS.")
    status = await _status(where)
    if status != 200:
        return bad("router's keys", f"{urlsplit(where).netloc} answers {status}", "Is it the router's JWKS?")
    return good("router's keys", f"{urlsplit(where).netloc} publishes them")
