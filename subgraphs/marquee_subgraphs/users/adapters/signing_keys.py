"""Signing keys in PEM files. Never logs or returns the text of a private key."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from marquee_foundation.ed25519 import read_private_key
from marquee_foundation.private_files import make_private_file, make_private_folder
from marquee_subgraphs.kit.settings import Settings


def signing_keys(settings: Settings) -> list[Ed25519PrivateKey]:
    """Return the key that signs, then the previous one when the settings name it.

    Without a file in the settings the key is in the data directory, and is made when missing. Raises
    `OSError`, or `ValueError` naming the file.
    """
    file = settings.signing_key_file
    keys = [
        read_or_make_key(settings.data_dir / "users-signing-key.pem")
        if file is None
        else read_private_key(file)
    ]
    if settings.previous_signing_key_file is not None:
        keys.append(read_private_key(settings.previous_signing_key_file))
    return keys


def read_or_make_key(path: Path) -> Ed25519PrivateKey:
    """Read the key at `path`, or make one there that only its owner can read."""
    if path.exists():
        make_private_file(path)
        return read_private_key(path)
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    make_private_folder(path.parent)
    # A complete file is linked to `path`. When two processes start together, the second link fails, and both
    # use the key of the first.
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    try:
        os.link(draft, path)
    except FileExistsError:
        return read_private_key(path)
    finally:
        draft.unlink()
    return key
