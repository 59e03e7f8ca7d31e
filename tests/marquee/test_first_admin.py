"""`marquee admin`: the first admin, without a default password."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from marquee.cli import cli
from tests.marquee.running import Cinema

EMAIL = "first@example.com"
PASSWORD = "a quiet evening here"


def admin(folder: Path, *, typed: str, email: str = EMAIL) -> Result:
    """Run the command with standard input."""
    return CliRunner().invoke(cli, ["admin", email, "--data-dir", str(folder)], input=typed)


async def test_the_first_admin_signs_in_with_the_password_that_was_typed(tmp_path: Path) -> None:
    made = await asyncio.to_thread(admin, tmp_path, typed=f"{PASSWORD}\n")
    assert (made.exit_code, made.output) == (0, f"{EMAIL} is an admin.\n")
    async with Cinema(tmp_path, ("--no-demo",)) as cinema, cinema.guest() as guest:
        me = await (await guest.log_in(EMAIL, PASSWORD)).get("{ me { role } }")
        assert me["me"]["role"] == "ADMIN"
        customer = await guest.register("second@example.com", "Sam Second")
        again = await asyncio.to_thread(admin, tmp_path, typed="", email="second@example.com")
        assert again.exit_code == 0, again.output
        raised = await guest.log_in("second@example.com", "a quiet evening")
        assert (await raised.get("{ me { role } }"))["me"]["role"] == "ADMIN"
        assert customer.token != raised.token


@pytest.mark.parametrize("typed", ["", "short\n", f"{EMAIL}\n"])
def test_a_weak_password_makes_nobody(tmp_path: Path, typed: str) -> None:
    refused = admin(tmp_path, typed=typed)
    assert refused.exit_code == 1
    assert "assword" in refused.output
