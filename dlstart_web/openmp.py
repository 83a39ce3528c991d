"""LightGBM's wheel wants the machine's libgomp, which a bare Debian has not; scikit-learn's wheel brings one along.

A link under the wanted name lets the loader find that copy. The loader reads its path once, as a process starts, so
the console script starts itself again with the path set; `make` sets it for everything else.
"""

import ctypes
import os
import sys
from importlib.util import find_spec
from pathlib import Path

NAME = "libgomp.so.1"
FOLDER = Path(sys.prefix) / "lib" / "openmp"


def is_missing() -> bool:
    """Whether the loader finds no libgomp. Linux alone asks for it under this name."""
    if sys.platform != "linux":
        return False
    try:
        ctypes.CDLL(NAME)
    except OSError:
        return True
    return False


def link(folder: Path = FOLDER) -> Path:
    """Make `folder` with a link to scikit-learn's libgomp under the name that LightGBM asks for."""
    package = find_spec("sklearn")
    libraries = Path(str(package and package.origin)).parent.parent / "scikit_learn.libs"
    [bundled] = libraries.glob("libgomp*.so*")
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f".{NAME}-{os.getpid()}"
    fresh.symlink_to(bundled)
    fresh.replace(folder / NAME)
    return folder


def start_again_if_missing() -> None:
    """Start this program again with the path to our link, if it needs it and does not have it."""
    path = os.environ.get("LD_LIBRARY_PATH", "")
    if is_missing() and str(FOLDER) not in path.split(":"):
        os.environ["LD_LIBRARY_PATH"] = f"{link()}:{path}".rstrip(":")
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


if __name__ == "__main__" and is_missing():
    link()
