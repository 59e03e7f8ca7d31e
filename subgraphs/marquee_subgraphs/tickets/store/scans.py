"""The rows of scans at the entrance, and the secret that signs codes and tokens."""

from __future__ import annotations

import secrets
from dataclasses import asdict

from sqlalchemy import insert, select

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.tickets.domain.orders import Scan
from marquee_subgraphs.tickets.tables import SCANS, SECRETS


class ScanStore:
    """Reads and writes of scans."""

    async def find(self, tx: Transaction, *, ticket_id: str, nonce: str) -> tuple[bool, str | None]:
        """Return whether a ticket was scanned with this nonce, and the code it was refused with, if any."""
        row = (
            await tx.execute(
                select(SCANS.c.refusal).where(SCANS.c.ticket_id == ticket_id, SCANS.c.nonce == nonce)
            )
        ).first()
        return (False, None) if row is None else (True, row[0])

    async def save(self, tx: Transaction, scan: Scan) -> None:
        """Add a scan with its result."""
        await tx.execute(insert(SCANS), asdict(scan))


class SecretStore:
    """Reads and writes of secrets."""

    async def read_or_make(self, tx: Transaction, name: str) -> bytes:
        """Return the secret of this name, made at first use; all processes on this store share it."""
        await tx.execute(
            tx.insert(SECRETS).values(name=name, value=secrets.token_bytes(32)).on_conflict_do_nothing()
        )
        value = await tx.scalar(select(SECRETS.c.value).where(SECRETS.c.name == name))
        return bytes(value)
