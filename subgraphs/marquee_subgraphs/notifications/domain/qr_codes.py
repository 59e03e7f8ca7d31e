"""QR codes as pictures. Pure."""

from __future__ import annotations

import io

import segno


def qr_png(code: str) -> bytes:
    """Return a QR code as a PNG picture."""
    picture = io.BytesIO()
    segno.make(code, error="m", micro=False).save(picture, kind="png", scale=5, border=2)
    return picture.getvalue()
