"""The disk of the embedded cinema is full: commands say so, nothing is harmed, and room is used again."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import pytest

from tests.faults.buying import Crowd
from tests.marquee.running import Cinema, Client, showtimes, verify

pytestmark = [pytest.mark.fault, pytest.mark.asyncio(loop_scope="session")]
SIZE = "48m"
MUCH = b"\0" * 65536
LIMIT_BYTES = 4096
TRY_AGAIN = "TEMPORARILY_UNAVAILABLE"
HOLD = """mutation ($input: HoldSeatsInput!) { holdSeats(input: $input) { hold { id } errors { code } } }"""


class Disk(Protocol):
    """A disk that a test fills."""

    folder: Path

    def fill(self, pid: int) -> None:
        """Leave no room for this process."""

    def free(self, pid: int) -> None:
        """Make room again."""


class SmallDisk:
    """A disk of its own, really full."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self, pid: int) -> None:
        with self._ballast.open("ab", buffering=0) as file, suppress(OSError):
            while file.write(MUCH) == len(MUCH):
                pass

    def free(self, pid: int) -> None:
        self._ballast.unlink()


class LimitedFiles:
    """Where nothing can be mounted: files that may not grow. SQLite sees a failing write."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self, pid: int) -> None:
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (LIMIT_BYTES, hard))

    def free(self, pid: int) -> None:
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A small one where this may be mounted, else limited files."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        yield LimitedFiles(folder)
        return
    yield SmallDisk(folder)
    subprocess.run(["umount", "-l", str(folder)], check=True)


async def refusals(client: Client, showtime_id: str, seats: list[str]) -> set[str]:
    """What holds are answered while there is no room."""
    codes = set()
    for number, seat in enumerate(seats):
        given = {"showtimeId": showtime_id, "seatIds": [seat], "idempotencyKey": f"full-{number}-{seat}"}
        answer = await client.ask(HOLD, input=given)
        codes |= {error["extensions"]["code"] for error in answer.get("errors", ())} or {"TAKEN"}
    return codes


async def test_a_full_disk_refuses_clearly_and_harms_nothing(disk: Disk) -> None:
    async with Cinema(disk.folder / "data") as cinema, cinema.guest() as guest:
        assert cinema.pid
        chosen = [each["id"] for each in await showtimes(guest, 8)]
        crowd = Crowd(cinema.url, guest.session)
        await crowd.buy(4, chosen)
        seats = await guest.best(chosen[0], 8)

        disk.fill(cinema.pid)
        codes = await refusals(guest, chosen[0], seats)
        assert TRY_AGAIN in codes
        assert codes <= {TRY_AGAIN, "TAKEN"}, codes
        assert await guest.best(chosen[1], 1), "what is there is still read"

        disk.free(cinema.pid)
        bought = await crowd.buy(4, chosen)
        assert all(purchase.acknowledged for purchase in bought), crowd.ends()
        await crowd.settle()
    verify(disk.folder / "data")
