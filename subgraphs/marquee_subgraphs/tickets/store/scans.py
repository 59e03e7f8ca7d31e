"""Statements on scans, and on the secret that signs codes and tokens."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import insert, select

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.tickets.tables import SCANS, SECRETS


async def find_scan(tx: Transaction, *, ticket_id: str, nonce: str) -> tuple[bool, str | None]:
    """Tell whether a ticket was scanned with this nonce, and what it was refused for then."""
    row = (
        await tx.execute(
            select(SCANS.c.refusal).where(SCANS.c.ticket_id == ticket_id, SCANS.c.nonce == nonce)
        )
    ).first()
    return (False, None) if row is None else (True, row[0])


async def save_scan(
    tx: Transaction,
    *,
    scan_id: str,
    ticket_id: str,
    nonce: str,
    gate: str,
    staff_id: str,
    at: datetime,
    refusal: str | None,
) -> None:
    """Keep a scan and its answer."""
    await tx.execute(
        insert(SCANS),
        {
            "id": scan_id,
            "ticket_id": ticket_id,
            "nonce": nonce,
            "gate": gate,
            "staff_id": staff_id,
            "at": at,
            "refusal": refusal,
        },
    )


async def read_or_make_secret(tx: Transaction, name: str) -> bytes:
    """Return the secret of this name, made at first use; every process on this store gets the same."""
    await tx.execute(
        tx.insert(SECRETS).values(name=name, value=secrets.token_bytes(32)).on_conflict_do_nothing()
    )
    value = await tx.scalar(select(SECRETS.c.value).where(SECRETS.c.name == name))
    return bytes(value)
