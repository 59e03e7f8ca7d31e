"""Processes that serve one socket together: forked once all is prepared, told together, ended together.

A worker that dies is replaced; when they die as soon as they are made, the whole ends, for whoever started it
to notice. A worker never outlives its parent, however that ends.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Final, NoReturn

logger = logging.getLogger("marquee_router.workers")

_ENDING: Final = (signal.SIGINT, signal.SIGTERM)
_SIGNALS: Final = (*_ENDING, signal.SIGHUP)
_SOON_SECONDS: Final = 10.0
_SOON_AT_MOST: Final = 5
"""Workers in a row that die so soon after they were made."""
_PAUSE_SECONDS: Final = 0.1
"""Before the first of them is replaced; then twice as long, and so on."""


def run_workers(
    work: Callable[[int, bool], None], count: int, *, at_end: Callable[[], None] = lambda: None
) -> int:
    """Run `work(index, is_replacement)` in `count` processes until a signal ends them; the exit code of all.

    SIGHUP is passed on to all; they ignore it until they handle it. `at_end` is called here when they are
    asked to end: what only they use may be closed.

    Call it before anything starts a thread or an event loop: neither survives a fork.
    """
    workers = _Workers(work, at_end)
    before = {number: signal.signal(number, workers.stop) for number in _ENDING}
    before[signal.SIGHUP] = signal.signal(signal.SIGHUP, workers.pass_on)
    try:
        sys.stdout.flush()
        for index in range(count):
            workers.start(index)
        return workers.wait()
    finally:
        workers.close()
        for number, handler in before.items():
            signal.signal(number, handler)


class _Workers:
    """The processes, as their parent sees them."""

    def __init__(self, work: Callable[[int, bool], None], at_end: Callable[[], None]) -> None:
        self._work = work
        self._at_end = at_end
        self._running: dict[int, tuple[int, float]] = {}
        """Process → its index, and when it began."""
        self._is_stopping = False
        self._parent_lives, self._keeps_open = os.pipe()

    def start(self, index: int, *, is_replacement: bool = False) -> None:
        """Make a worker; no signal reaches it before it knows what to do with it."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        child = os.fork()
        if child == 0:
            os.close(self._keeps_open)
            _live(lambda: self._work(index, is_replacement), self._parent_lives, before)
        self._running[child] = (index, time.monotonic())
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if self._is_stopping:  # by a signal that came before it was made
            os.kill(child, signal.SIGTERM)

    def stop(self, number: int = signal.SIGTERM, frame: FrameType | None = None) -> None:
        """Ask all to end."""
        if not self._is_stopping:
            self._is_stopping = True
            self._at_end()
        for child in self._running:
            os.kill(child, signal.SIGTERM)

    def pass_on(self, number: int, frame: FrameType | None) -> None:
        """Tell all what this process was told."""
        for child in self._running:
            os.kill(child, number)

    def wait(self) -> int:
        """Replace those that die until they are asked to end; the exit code of the whole."""
        failed, soon = False, 0
        while self._running:
            ended, status = os.wait()
            index, began = self._running.pop(ended)
            code = os.waitstatus_to_exitcode(status)
            if self._is_stopping:
                failed |= code not in (0, -signal.SIGTERM)
                continue
            soon = soon + 1 if time.monotonic() - began < _SOON_SECONDS else 1
            logger.error("worker %d (process %d) ended: %s", index, ended, _reason(code))
            if soon > _SOON_AT_MOST:
                failed = True
                self.stop()
                continue
            time.sleep(_PAUSE_SECONDS * 2 ** (soon - 1))
            if not self._is_stopping:
                self.start(index, is_replacement=True)
        return int(failed)

    def close(self) -> None:
        """Let go of what keeps workers alive."""
        os.close(self._parent_lives)
        os.close(self._keeps_open)


def _reason(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _live(work: Callable[[], None], parent_lives: int, mask: set[int | signal.Signals]) -> NoReturn:
    """The life of a worker; leaves without what the parent has still to do."""
    for number in _ENDING:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    threading.Thread(target=_end_with_parent, args=[parent_lives], daemon=True).start()
    code = 1
    try:
        work()
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
