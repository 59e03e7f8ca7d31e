"""Processes that serve one socket together: forked once all is prepared, told together, ended together.

A worker never outlives its parent, however that ends; a worker that fails ends the whole, for whoever
started it to notice.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Final, NoReturn

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


def run_workers(
    work: Callable[[int], None], count: int, *, after_start: Callable[[], None] = lambda: None
) -> int:
    """Run `work(index)` in `count` processes until a signal ends them; the exit code of the whole.

    SIGHUP is passed on to all; they ignore it until they handle it. `after_start` is called here once all are
    made: what only they use may be closed.

    Call it before anything starts a thread or an event loop: neither survives a fork.
    """
    children: set[int] = set()
    stopping = False

    def stop(number: int = signal.SIGTERM, frame: FrameType | None = None) -> None:
        nonlocal stopping
        stopping = True
        for child in children:
            os.kill(child, signal.SIGTERM)

    def pass_on(number: int, frame: FrameType | None) -> None:
        for child in children:
            os.kill(child, number)

    before = {number: signal.signal(number, stop) for number in _SIGNALS}
    before[signal.SIGHUP] = signal.signal(signal.SIGHUP, pass_on)
    parent_lives, keeps_open = os.pipe()
    try:
        sys.stdout.flush()
        for index in range(count):
            child = os.fork()
            if child == 0:
                os.close(keeps_open)
                _work(work, index, parent_lives)
            children.add(child)
        after_start()
        if stopping:  # by a signal that came before the last was made
            stop()
        failed = False
        while children:
            ended, status = os.wait()
            children.discard(ended)
            code = os.waitstatus_to_exitcode(status)
            failed |= code not in ((0, -signal.SIGTERM) if stopping else ())
            if not stopping:
                stop()
        return int(failed)
    finally:
        os.close(parent_lives)
        os.close(keeps_open)
        for number, handler in before.items():
            signal.signal(number, handler)


def _work(work: Callable[[int], None], index: int, parent_lives: int) -> NoReturn:
    """The life of a worker; leaves without what the parent has still to do."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, args=[parent_lives], daemon=True).start()
    code = 1
    try:
        work(index)
        code = 0
    except BaseException:  # noqa: BLE001 - the edge of this process
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _end_with_parent(parent_lives: int) -> None:
    """Wait until the other end of the pipe, which only the parent has open, is closed."""
    os.read(parent_lives, 1)
    os.kill(os.getpid(), signal.SIGTERM)
