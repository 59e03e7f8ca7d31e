"""Settings are read from `MARQUEE_*`, checked at start, and named when wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from marquee_subgraphs.kit.settings import Settings, SettingsError, load_settings, settings_table


def test_defaults_need_no_environment() -> None:
    settings = load_settings({})

    assert (settings.host, settings.port, settings.data_dir) == ("127.0.0.1", 8080, Path(".marquee"))
    assert settings.postgres_url is None


def test_the_environment_is_read_and_overrides_win() -> None:
    settings = load_settings({"MARQUEE_PORT": "9000", "MARQUEE_HOST": "0.0.0.0", "PORT": "1"}, port=9100)  # noqa: S104 - read, not bound

    assert (settings.host, settings.port) == ("0.0.0.0", 9100)  # noqa: S104 - read, not bound


def test_a_blank_url_is_unset() -> None:
    assert load_settings({"MARQUEE_REDIS_URL": "  "}).redis_url is None


def test_every_wrong_variable_is_named_with_what_is_allowed_and_no_secret() -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(
            {
                "MARQUEE_PORT": "eighty",
                "MARQUEE_LOG_LEVEL": "loud",
                "MARQUEE_POSTGRES_URL": "mysql://root:hunter2@db/x",
                "MARQUEE_AMQP_URL": "amqp://guest@host:notaport",
            }
        )

    message = str(refused.value)
    assert set(refused.value.problems) == {
        "MARQUEE_PORT",
        "MARQUEE_LOG_LEVEL",
        "MARQUEE_POSTGRES_URL",
        "MARQUEE_AMQP_URL",
    }
    assert "'debug', 'info', 'warning' or 'error'" in message
    assert "postgresql://HOST[:PORT]" in message
    assert "hunter2" not in message


def test_secrets_do_not_show() -> None:
    settings = load_settings(
        {
            "MARQUEE_STRIPE_KEY": "sk_live_1",
            "MARQUEE_STRIPE_WEBHOOK_SECRET": "whsec_1",
            "MARQUEE_POSTGRES_URL": "postgresql://u:pw@h",
        }
    )

    assert "sk_live_1" not in repr(settings)
    assert "whsec_1" not in repr(settings)
    assert "pw@" not in repr(settings)


SMS = {"SMS_URL": "https://sms.test", "SMS_KEY": "AC1:token", "SMS_FROM": "+51987654321"}


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"STRIPE_URL": "http://127.0.0.1:12111"}, ["STRIPE_KEY"]),
        ({"STRIPE_KEY": "sk_live_1"}, ["STRIPE_WEBHOOK_SECRET"]),
        ({"STRIPE_KEY": "rk_live_1", "STRIPE_WEBHOOK_SECRET": " "}, ["STRIPE_WEBHOOK_SECRET"]),
        ({"STRIPE_KEY": "sk_test_1"}, []),
        ({"STRIPE_KEY": "sk_live_1", "STRIPE_WEBHOOK_SECRET": "whsec_1"}, []),
        ({"SMS_URL": "https://sms.test"}, ["SMS_KEY", "SMS_FROM"]),
        (SMS | {"SMS_KEY": "token only"}, ["SMS_KEY"]),
        (SMS | {"SMS_KEY": "AC1:"}, ["SMS_KEY"]),
        (SMS, []),
    ],
)
def test_settings_that_do_not_fit_together_are_named(given: dict[str, str], wrong: list[str]) -> None:
    environment = {f"MARQUEE_{name}": value for name, value in given.items()}
    if not wrong:
        load_settings(environment)
        return
    with pytest.raises(SettingsError) as caught:
        load_settings(environment)
    assert set(caught.value.problems) == {f"MARQUEE_{name}" for name in wrong}
    assert "token only" not in str(caught.value)


def test_each_subgraph_has_a_store_of_its_own(tmp_path: Path) -> None:
    embedded = load_settings({}, data_dir=tmp_path)
    assert embedded.database_url("users") == f"sqlite:///{tmp_path}/users.sqlite"

    server = load_settings({"MARQUEE_POSTGRES_URL": "postgresql://u:p%40@db:5433/ignored?ssl=require"})
    assert server.database_url("users") == "postgresql+asyncpg://u:p%40@db:5433/marquee_users?ssl=require"


def test_the_table_of_settings_names_every_variable_with_its_meaning() -> None:
    table = settings_table()

    for name, field in Settings.model_fields.items():
        assert field.description
        assert f"| `MARQUEE_{name.upper()}` |" in table
