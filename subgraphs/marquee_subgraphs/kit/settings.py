"""Every `MARQUEE_*` variable of the subgraphs: its default, its meaning, its check at start.

Must never read anything but the environment that it is given, nor print a secret.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from marquee_foundation.errors import MarqueeError

PREFIX = "MARQUEE_"


class SettingsError(MarqueeError):
    """Variables that cannot be used; the message names each, and what it may be."""

    code = "INVALID_SETTING"

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__("\n".join(f"{name}: {problem}" for name, problem in self.problems.items()))


def _url_with(*schemes: str) -> AfterValidator:
    def check(value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        try:
            parts = urlsplit(value.get_secret_value())
            reachable = bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            reachable = False
            parts = urlsplit("")
        if parts.scheme not in schemes or not reachable:
            allowed = " or ".join(f"{scheme}://HOST[:PORT]" for scheme in schemes)
            raise ValueError(f"must be a URL of the form {allowed}")
        return value

    return AfterValidator(check)


def _check_prefix(value: SecretStr | None) -> SecretStr | None:
    if value is not None:
        for prefix in parse_qs(urlsplit(value.get_secret_value()).query).get("prefix", ()):
            if not re.fullmatch(r"[A-Za-z0-9_-]{1,60}", prefix):
                raise ValueError("its prefix must be made of letters, digits, _ and -, at most 60 of them")
    return value


def _blank_is_unset(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


_BLANK = BeforeValidator(_blank_is_unset)
PostgresUrl = Annotated[SecretStr | None, _BLANK, _url_with("postgresql", "postgresql+asyncpg", "postgres")]
MongoUrl = Annotated[SecretStr | None, _BLANK, _url_with("mongodb", "mongodb+srv")]
RedisUrl = Annotated[SecretStr | None, _BLANK, _url_with("redis", "rediss")]
AmqpUrl = Annotated[SecretStr | None, _BLANK, _url_with("amqp", "amqps"), AfterValidator(_check_prefix)]
SmtpUrl = Annotated[SecretStr | None, _BLANK, _url_with("smtp", "smtps")]
HttpUrl = Annotated[SecretStr | None, _BLANK, _url_with("http", "https")]
Secret = Annotated[SecretStr | None, _BLANK]


class Settings(BaseSettings):
    """The settings; a URL or key that is set replaces the embedded part by the real one."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True
    )

    data_dir: Path = Field(Path(".marquee"), description="Folder of the embedded stores; made when missing.")
    host: str = Field("127.0.0.1", min_length=1, description="Address to listen on.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    public_url: str | None = Field(None, description="Address that people see, for links in mails.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe level logged."
    )
    postgres_url: PostgresUrl = Field(
        None, description="PostgreSQL server; a database per subgraph (`marquee_users` …) is made on it."
    )
    postgres_pool_size: int = Field(5, ge=1, le=200, description="PostgreSQL connections kept per subgraph.")
    migrate: Literal["auto", "check"] = Field(
        "auto",
        description="SQL stores behind the code are migrated at start (`auto`), or refused (`check`) until"
        " `marquee migrate` has run.",
    )
    mongo_url: MongoUrl = Field(None, description="MongoDB server for movies and reviews.")
    redis_url: RedisUrl = Field(None, description="Redis server for cache, rate limits and live fan-out.")
    redis_prefix: str = Field(
        "marquee", pattern=r"^[A-Za-z0-9_.-]{1,60}$", description="Begins every key and channel in Redis."
    )
    amqp_url: AmqpUrl = Field(
        None,
        description="RabbitMQ server that carries the events; `?prefix=NAME` sets its names there apart.",
    )
    smtp_url: SmtpUrl = Field(None, description="Mail server; without one mails stay in the mailbox page.")
    mail_from: str = Field(
        "Marquee <no-reply@marquee.test>", min_length=3, description="Sender of every mail."
    )
    sms_url: HttpUrl = Field(
        None, description="Address that speaks Twilio's Messages API; without one SMS stay here."
    )
    sms_key: Secret = Field(None, description="Account and token at the SMS provider, as `ACCOUNT:TOKEN`.")
    sms_from: Annotated[str | None, _BLANK] = Field(
        None, description="Sender of every SMS: a number in E.164, or a name of up to 11 letters."
    )
    stripe_key: Secret = Field(None, description="Secret key of Stripe; without one payments are simulated.")
    stripe_url: HttpUrl = Field(
        None, description="Address that speaks Stripe's API in its place, as `marquee bank`."
    )
    stripe_webhook_secret: Secret = Field(None, description="Secret that Stripe signs its webhooks with.")
    otlp_url: HttpUrl = Field(
        None, description="OpenTelemetry collector (OTLP over HTTP) for traces; without one there are none."
    )
    otlp_sample_ratio: float = Field(
        1.0, ge=0, le=1, description="Share of traces that are recorded; the others cost next to nothing."
    )
    log_format: Literal["text", "json"] = Field("text", description="How log lines are written.")
    router_keys: str | None = Field(
        None,
        min_length=1,
        description="Public keys of the router, for a subgraph alone: a JWKS address, or a file.",
    )
    signing_key_file: Path | None = Field(
        None, description="Ed25519 key (PEM) that signs access tokens; made in the data folder when unset."
    )
    previous_signing_key_file: Path | None = Field(
        None, description="The former signing key, still published while its last tokens are valid."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read only what is passed in: `load_settings` reads the environment, and tests leave it out."""
        return (init_settings,)

    @property
    def takes_real_money(self) -> bool:
        """True if the key of the payment provider is for real cards."""
        if self.stripe_key is None:
            return False
        return not self.stripe_key.get_secret_value().startswith(("sk_test_", "rk_test_"))

    def database_url(self, subgraph: str) -> str:
        """Return the URL of the SQL store of `subgraph`: its own PostgreSQL database or SQLite file."""
        if self.postgres_url is None:
            return f"sqlite:///{self.data_dir.absolute() / f'{subgraph}.sqlite'}"
        parts = urlsplit(self.postgres_url.get_secret_value())
        return parts._replace(scheme="postgresql+asyncpg", path=f"/marquee_{subgraph}").geturl()


def load_settings(environment: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Read `MARQUEE_*` from `environment` (the process's own when None); `overrides` win over it.

    Raises `SettingsError`, which names every variable that is wrong, what is wrong with it and what is
    allowed.
    """
    environment = os.environ if environment is None else environment
    given = {
        name: environment[PREFIX + name.upper()]
        for name in Settings.model_fields
        if PREFIX + name.upper() in environment
    }
    try:
        settings = Settings(**{**given, **overrides})
    except ValidationError as error:
        raise SettingsError(_problems(error)) from None
    misfits = _misfits(settings)
    if misfits:
        raise SettingsError(misfits)
    return settings


def _misfits(settings: Settings) -> dict[str, str]:
    """Return the problems of settings that are valid alone and do not fit together."""
    problems: dict[str, str] = {}
    if settings.stripe_url is not None and settings.stripe_key is None:
        problems["MARQUEE_STRIPE_KEY"] = "is needed with MARQUEE_STRIPE_URL: the key that is taken there"
    if settings.takes_real_money and settings.stripe_webhook_secret is None:
        needed = "is needed with a key for real cards: without it no message of the provider can be believed"
        problems["MARQUEE_STRIPE_WEBHOOK_SECRET"] = needed
    sms_key = None if settings.sms_key is None else settings.sms_key.get_secret_value()
    if settings.sms_url is not None and (sms_key is None or not all(sms_key.partition(":"))):
        problems["MARQUEE_SMS_KEY"] = "is needed with MARQUEE_SMS_URL, of the form ACCOUNT:TOKEN"
    if settings.sms_url is not None and settings.sms_from is None:
        problems["MARQUEE_SMS_FROM"] = "is needed with MARQUEE_SMS_URL: who the SMS come from"
    return problems


def _problems(error: ValidationError) -> dict[str, str]:
    problems: dict[str, str] = {}
    for detail in error.errors(include_url=False, include_input=False):
        name = str(detail["loc"][0])
        field = Settings.model_fields.get(name)
        meaning = f" ({field.description})" if field is not None and field.description else ""
        problems[PREFIX + name.upper()] = detail["msg"].removeprefix("Value error, ") + meaning
    return problems


def settings_table() -> str:
    """Return a Markdown table of every variable with its default and meaning, for the documentation."""
    lines = ["| variable | default | meaning |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else f"`{field.default}`"
        lines.append(f"| `{PREFIX}{name.upper()}` | {default} | {field.description} |")
    return "\n".join(lines)
