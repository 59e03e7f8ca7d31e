"""Processes that serve one listening socket: forked from one prepared parent, signalled and ended together.

A worker that dies is replaced. When workers die again and again soon after their start, the parent ends with
an error, so that its own supervisor notices. A worker never outlives its parent, however the parent ends.
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
"""The parent gives up after more workers than this in a row lived for less than `_SOON_SECONDS`."""
_PAUSE_SECONDS: Final = 0.1
"""Before a dead worker is replaced; doubled for each further one of such a row."""


def run_workers(
    work: Callable[[int, bool], None], count: int, *, at_end: Callable[[], None] = lambda: None
) -> int:
    """Run `work(index, is_replacement)` in `count` processes until a signal ends them; the exit code of all.

    SIGHUP is passed on to every worker; a worker ignores it until it installs a handler. `at_end` is called
    in the parent when the workers are asked to end: it closes what only workers still use.

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
    """The workers, in their parent."""

    def __init__(self, work: Callable[[int, bool], None], at_end: Callable[[], None]) -> None:
        self._work = work
        self._at_end = at_end
        self._running: dict[int, tuple[int, float]] = {}
        """Each process, with its index and the time of its start."""
        self._is_stopping = False
        self._parent_lives, self._keeps_open = os.pipe()

    def start(self, index: int, *, is_replacement: bool = False) -> None:
        """Fork a worker. Signals are blocked until it has its own handlers: those it inherits are the
        parent's."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        child = os.fork()
        if child == 0:
            os.close(self._keeps_open)
            _live(lambda: self._work(index, is_replacement), self._parent_lives, before)
        self._running[child] = (index, time.monotonic())
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if self._is_stopping:  # the signal came between the decision to fork and the fork
            os.kill(child, signal.SIGTERM)

    def stop(self, number: int = signal.SIGTERM, frame: FrameType | None = None) -> None:
        """Ask every worker to end."""
        if not self._is_stopping:
            self._is_stopping = True
            self._at_end()
        for child in self._running:
            os.kill(child, signal.SIGTERM)

    def pass_on(self, number: int, frame: FrameType | None) -> None:
        """Send every worker the signal that this process received."""
        for child in self._running:
            os.kill(child, number)

    def wait(self) -> int:
        """Replace workers that die, until they are asked to end and have ended; returns the exit code."""
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
        """Close the pipe; a worker that still runs ends."""
        os.close(self._parent_lives)
        os.close(self._keeps_open)


def _reason(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _live(work: Callable[[], None], parent_lives: int, mask: set[int | signal.Signals]) -> NoReturn:
    """Run a worker in the forked process, and exit without running the parent's exit handlers."""
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
    """Wait until the parent has ended: only it holds the other end of the pipe, which its end closes."""
    os.read(parent_lives, 1)
    os.kill(os.getpid(), signal.SIGTERM)
