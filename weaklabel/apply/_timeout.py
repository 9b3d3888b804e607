"""A limit on the time that calls into user code may take."""

from __future__ import annotations

import ctypes
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# A handler that swallows everything is interrupted again and again until it gives in.
_AGAIN = 0.01
# Timers refuse times beyond the age of the universe; a century is as good as no limit.
_LONGEST = 3e9


class OutOfTime(BaseException):
    """The time is up. Not an Exception, so that a labeling function cannot swallow it."""


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Raise `OutOfTime` in the block when it takes longer.

    In the main thread of a process a timer of the operating system does it, which stops a regular
    expression too. In other threads (those of Dask), and on Windows, a timer thread does. A call
    into C that does not look for signals is stopped after it has returned.
    """
    if seconds is None or seconds >= _LONGEST:
        yield
    elif threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer"):
        with _alarm(seconds):
            yield
    else:
        with _raised_from_a_timer(seconds):
            yield


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    armed = True

    def ring(*_: Any) -> None:
        if armed:
            raise OutOfTime

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
        yield
    finally:
        while signal.getsignal(signal.SIGALRM) is ring:
            try:  # the timer may ring in the middle of this
                armed = False
                signal.setitimer(signal.ITIMER_REAL, 0)
                signal.signal(signal.SIGALRM, before)
            except OutOfTime:
                continue


@contextmanager
def _raised_from_a_timer(seconds: float) -> Iterator[None]:
    thread = ctypes.c_ulong(threading.get_ident())
    lock, armed = threading.Lock(), True

    done = threading.Event()

    def ring() -> None:
        wait = seconds
        while not done.wait(wait):
            with lock:
                if armed:
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(OutOfTime))
            wait = _AGAIN

    threading.Thread(target=ring, daemon=True).start()
    try:
        yield
    finally:
        with lock:
            armed = False
        done.set()
        # One that was sent and has not arrived would hit whatever comes next.
        ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, None)
