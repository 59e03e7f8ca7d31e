"""The end of a listening socket, without a loss for whoever has just connected.

A listener that is closed resets what waits in it, so what waits is taken first. That nobody comes between the
last look and the end, new handshakes are ignored before: whoever begins one asks again in a second, and finds
the port closed, or the next process behind it. Connections that are half made are still completed.
"""

from __future__ import annotations

import ctypes
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

_ATTACH_FILTER: Final = 26
"""`SO_ATTACH_FILTER` of Linux, where each packet for a socket passes a program of classic BPF."""
_IGNORE_SYN: Final = b"".join(
    struct.pack("HBBI", *instruction)
    for instruction in (
        (0x30, 0, 0, 13),  # load the byte of the TCP header that has the flags
        (0x45, 0, 1, 0x02),  # SYN?
        (0x06, 0, 0, 0),  # then take nothing of it
        (0x06, 0, 0, 0xFFFFFFFF),  # else all of it
    )
)


def ignore_newcomers(listener: socket.socket) -> None:
    """Let nobody begin to connect any more, in no process that shares the listener. Does nothing where the
    system cannot."""
    if not sys.platform.startswith("linux") or listener.family not in (socket.AF_INET, socket.AF_INET6):
        return
    program = ctypes.create_string_buffer(_IGNORE_SYN)
    with suppress(OSError):
        listener.setsockopt(
            socket.SOL_SOCKET,
            _ATTACH_FILTER,
            struct.pack("HP", len(_IGNORE_SYN) // 8, ctypes.addressof(program)),
        )


def waiting(listener: socket.socket) -> Iterator[socket.socket]:
    """Take every connection that nobody has taken yet, without waiting for one."""
    listener.setblocking(False)
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        connection.setblocking(False)
        yield connection
