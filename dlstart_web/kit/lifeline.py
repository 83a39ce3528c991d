"""A process that ends when its parent ends, however that came about."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None  # loaded here, since after a fork is too late for it


def die_with_parent(parent: int, ending: int = signal.SIGKILL) -> None:
    """Have the kernel send `ending` to this process once its parent, the process `parent`, is gone.

    Linux alone offers this; elsewhere nothing happens. It does not pass on to a child: each process asks for itself.
    """
    if _libc is None:
        return
    _libc.prctl(PR_SET_PDEATHSIG, ending)
    if os.getppid() != parent:  # it went before we asked
        os.kill(os.getpid(), ending)
