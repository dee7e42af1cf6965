"""The threads of a Temporal client, while the interpreter exits.

A Temporal client has threads of its own, which enter Python to hand over an answer. They are not joined when
the interpreter exits, and this has two faults (https://github.com/temporalio/sdk-python/issues/300):

- A thread that wakes the program with the last answer is still inside Python. If it is there while Python is
  torn down, the process aborts after its work was done.
- The client waits for its threads when it is freed, in the course of the same tear-down. A thread that is on
  its way in by then, such as for a call that was cancelled, is never let in: the process hangs.

So the exit waits until no such thread is inside, and the client is never freed. A thread that comes later
finds the door closed, and the process ends without it.
"""

from __future__ import annotations

import _thread
import atexit
import ctypes
import time

from temporalio.runtime import Runtime

_LOOKS = 2_000
"""A thread is inside for microseconds; the rest is until the operating system lets it go on. These looks take
two seconds, and on a busy machine longer, as the thread does."""
_LOOK_AGAIN = 0.001

_guarded: list[Runtime] = []


def exit_safely(runtime: Runtime) -> None:
    """See to it that the threads of this runtime do not harm the exit of the interpreter."""
    if any(runtime is one for one in _guarded):
        return
    if not _guarded:
        atexit.register(_wait_for_threads)
    _guarded.append(runtime)
    # A reference that nobody gives back: at the exit, Python frees even what modules hold.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(runtime))


def _wait_for_threads() -> None:
    for _ in range(_LOOKS):
        if not _foreign_threads_inside():
            return
        time.sleep(_LOOK_AGAIN)  # Python is theirs meanwhile


def _foreign_threads_inside() -> bool:
    """Whether threads that Python did not start are running in it, or waiting to be let in."""
    inside = 0
    state = _first_state(_interpreter())
    while state:
        inside += 1
        state = _next_state(state)
    of_python = 1 + _thread._count()  # the main thread is not counted
    return inside > of_python


_interpreter = ctypes.pythonapi.PyInterpreterState_Get
_interpreter.restype, _interpreter.argtypes = ctypes.c_void_p, ()
_first_state = ctypes.pythonapi.PyInterpreterState_ThreadHead
_first_state.restype, _first_state.argtypes = ctypes.c_void_p, (ctypes.c_void_p,)
_next_state = ctypes.pythonapi.PyThreadState_Next
_next_state.restype, _next_state.argtypes = ctypes.c_void_p, (ctypes.c_void_p,)
