"""What a process asks of the kernel: to end with its parent, and to stand back behind others."""

import ctypes
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

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


def stand_back(nice: int) -> None:
    """Leave the processor to others by so much, for good.

    Linux shares a desk's processor by session first, where niceness counts within each alone. So a child of a process
    that leads its session sets that back too; where sessions do not count, or a sibling just did it, nothing happens.
    """
    os.nice(nice)
    if os.getsid(0) == os.getppid():
        with suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(nice))
