"""`deploy/make-secrets` makes every secret that Compose needs, once, readable by its owner only."""

from __future__ import annotations

import re
import stat
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from deploy.local.compose import ComposeError, read_compose, read_env

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"


def make(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the script on a folder."""
    return subprocess.run(
        [ROOT / "deploy" / "make-secrets", folder], capture_output=True, text=True, check=False
    )


def mode(path: Path) -> int:
    """The permission bits."""
    return stat.S_IMODE(path.stat().st_mode)


def test_secrets_are_made_once_and_differ(tmp_path: Path) -> None:
    assert make(tmp_path).returncode == 0
    environment, keys = tmp_path / ".env", tmp_path / "deploy" / "secrets"
    assert (mode(environment), mode(keys)) == (0o600, 0o700)
    values = read_env(environment.read_text())
    secrets = [value for name, value in values.items() if "PASSWORD" in name or "STRIPE_" in name]
    assert len(secrets) == len(set(secrets)) > 15
    assert all(len(value) >= 48 for name, value in values.items() if "PASSWORD" in name)
    pems = [path.read_bytes() for path in sorted(keys.iterdir())]
    assert len(pems) == len(set(pems)) == 2
    assert all(isinstance(load_pem_private_key(pem, None), Ed25519PrivateKey) for pem in pems)
    before = environment.read_text()
    again = make(tmp_path)
    assert again.returncode == 1
    assert "exists already" in again.stderr
    assert environment.read_text() == before


def test_compose_says_what_to_do_without_them() -> None:
    with pytest.raises(ComposeError, match="run deploy/make-secrets"):
        read_compose(COMPOSE, {})


def test_every_variable_of_compose_is_explained_and_every_secret_is_made(tmp_path: Path) -> None:
    make(tmp_path)
    made = read_env((tmp_path / ".env").read_text())
    text = COMPOSE.read_text()
    required = set(re.findall(r"\$\{(\w+):\?", text))
    assert required <= made.keys()
    explained = set(re.findall(r"^#? ?(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    asked = set(re.findall(r"\$\{(\w+)", text))
    assert asked | made.keys() <= explained
