"""Looks at this machine: Python, the data folder, ports, keys, static and generated files."""

from __future__ import annotations

import asyncio
import importlib
import os
import shutil
import socket
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import aiohttp

from marquee.doctor.finding import Finding, Look, bad, good, warning
from marquee.resources import STATIC
from marquee.subgraphs import NAMES
from marquee_router.transport.graphiql import ASSETS
from marquee_subgraphs.kit.settings import Settings

_OLDEST: Final = (3, 11)
_LITTLE_SPACE: Final = 1 << 30
_NO_SPACE: Final = 100 << 20
_NEEDED: Final = (STATIC / "index.html", STATIC / "app", STATIC / "posters", ASSETS / "index.html")


def python() -> Finding:
    """The interpreter."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < _OLDEST:
        return bad("python", version, f"Install Python {'.'.join(map(str, _OLDEST))} or newer.")
    return good("python", version)


def looks(settings: Settings, names: Sequence[str]) -> Iterator[tuple[str, bool, Look]]:
    """The looks at this machine."""
    yield "data folder", False, _at_once(partial(_data_folder, settings.data_dir))
    alone = {name: importlib.import_module(f"marquee_subgraphs.{name}.app").PORT for name in names}
    ports = {"port": settings.port} if tuple(names) == NAMES else alone
    for name, port in ports.items():
        label = "port" if name == "port" else f"port of {name}"
        yield label, False, partial(_port, label, settings.host, port)
    for name, path in _key_files(settings):
        yield name, False, _at_once(partial(_key, name, path))
    yield "static files", False, _at_once(_static)


def _at_once(look: Callable[[], Finding]) -> Look:
    """A look without anything to await."""

    async def looked() -> Finding:
        return look()

    return looked


def _data_folder(folder: Path) -> Finding:
    # A folder that does not exist yet is made in the nearest one that does.
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        return bad(
            "data folder",
            f"{place} cannot be written",
            "Change its owner, or name another: MARQUEE_DATA_DIR.",
        )
    free = shutil.disk_usage(place).free
    detail = f"{folder} is writable, {free / (1 << 30):.1f} GiB free"
    if free < _NO_SPACE:
        return bad("data folder", detail, "Make room: stores stop when the disk is full.")
    return (
        warning("data folder", detail, "Make room soon.")
        if free < _LITTLE_SPACE
        else good("data folder", detail)
    )


async def _port(label: str, host: str, port: int) -> Finding:
    if port == 0:
        return good(label, "any free one")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Binding shows whether the port is free and allowed; connecting would show only the first.
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            return bad(
                label, f"{port} is not allowed to this user", "Take a port above 1023, with nginx in front."
            )
        except OSError as error:
            return await _taken(label, host, port, error)
    return good(label, f"{port} is free")


async def _taken(label: str, host: str, port: int, error: OSError) -> Finding:
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - an address to compare with
    try:
        timeout = aiohttp.ClientTimeout(total=2)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(f"http://{shown}:{port}/health") as answer,
        ):
            if answer.status == 200 and "status" in await answer.text():
                return good(label, f"{port} is in use by a Marquee that runs")
    except (aiohttp.ClientError, TimeoutError, UnicodeError):
        pass
    return bad(label, f"{port}: {error.strerror}", "End what listens there, or take another port.")


def _key_files(settings: Settings) -> Iterator[tuple[str, Path]]:
    own = settings.data_dir / "users-signing-key.pem"
    signing = settings.signing_key_file
    if signing is not None or own.exists():
        yield "signing key", signing or own
    if settings.previous_signing_key_file is not None:
        yield "previous signing key", settings.previous_signing_key_file
    for name, variable in (
        ("identity key", "MARQUEE_IDENTITY_KEY_FILE"),
        ("previous identity key", "MARQUEE_PREVIOUS_IDENTITY_KEY_FILE"),
    ):
        if path := os.environ.get(variable):
            yield name, Path(path)


def _key(name: str, path: Path) -> Finding:
    from marquee_foundation.ed25519 import read_private_key

    try:
        read_private_key(path)
        mode = stat.S_IMODE(path.stat().st_mode)
    except (OSError, ValueError) as error:
        return bad(
            name,
            f"{path}: {error.strerror if isinstance(error, OSError) else 'no Ed25519 key'}",
            "Give a PEM.",
        )
    if mode & 0o077:
        return bad(name, f"{path} has mode {mode:04o}: others can read it", f"chmod 600 {path}")
    return good(name, f"{path} has mode {mode:04o}")


def _static() -> Finding:
    missing = [str(path) for path in _NEEDED if not path.exists()]
    if missing:
        return bad("static files", f"missing: {', '.join(missing)}", "Install Marquee again.")
    count = sum(1 for folder in (STATIC, ASSETS) for path in folder.rglob("*") if path.is_file())
    return good("static files", f"{count} files")


async def supergraph() -> Finding:
    """Compares the generated SDL with what the subgraphs declare."""
    from marquee.artefacts import generate

    try:
        files = await asyncio.wait_for(generate(), 60)
    except Exception as error:  # noqa: BLE001  # an edge: any error of composing is the finding
        return bad(
            "supergraph", f"cannot be made: {type(error).__name__}", "Run `marquee schema` to see why."
        )
    stale = [
        path.name for path, text in files.items() if not path.exists() or path.read_text("utf-8") != text
    ]
    if stale:
        return bad("supergraph", f"not current: {', '.join(stale)}", "Run `marquee schema`.")
    return good("supergraph", f"current, {len(files)} files")
