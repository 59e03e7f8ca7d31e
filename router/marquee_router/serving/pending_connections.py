"""Closes a listening socket without resetting a connection that a client has just made.

The system resets what is in the queue of a listener that is closed, so the queue is emptied first. No
connection can arrive between the last accept and the close, because new handshakes (SYN packets) are ignored
before: the client's system sends its SYN again after a second, and finds the port closed, or the next process
on it. A handshake that is half done is still completed.
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
        (0x06, 0, 0, 0),  # then drop it
        (0x06, 0, 0, 0xFFFFFFFF),  # else accept all of it
    )
)


def ignore_newcomers(listener: socket.socket) -> None:
    """Ignore new handshakes, in every process that shares the listener; does nothing outside Linux."""
    if not sys.platform.startswith("linux") or listener.family not in (socket.AF_INET, socket.AF_INET6):
        return
    program = ctypes.create_string_buffer(_IGNORE_SYN)
    with suppress(OSError):
        listener.setsockopt(
            socket.SOL_SOCKET,
            _ATTACH_FILTER,
            struct.pack("HP", len(_IGNORE_SYN) // 8, ctypes.addressof(program)),
        )


def accept_pending(listener: socket.socket) -> Iterator[socket.socket]:
    """Accept every connection in the listener's queue, without waiting for another one."""
    listener.setblocking(False)
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        connection.setblocking(False)
        yield connection
