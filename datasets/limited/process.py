"""The child process of a task, and what its parent hears of it.

The child gets its task as one line of JSON over standard input and answers in lines of JSON. It has no settings, no
database and no keys in its environment, ends when its parent does, and a bomb in the file ends the child alone.
"""

import errno
import gc
import io
import json
import os
import resource
import select
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from datasets.core.errors import NOTHING_STORED, DataProblem
from datasets.core.stages import Progress
from dlstart_web.kit.say import joined, packed, say, unpacked

Task = Callable[..., dict[str, Any]]
# a few threads and arenas: on a large machine their stacks alone would fill the address space
QUIET = {
    "OMP_NUM_THREADS": "1",
    "POLARS_MAX_THREADS": str(min(4, os.cpu_count() or 1)),  # each holds rows of its own
    "MALLOC_ARENA_MAX": "4",
    # buffers of some megabytes come and go all the time: kept for the next, not handed back and cleared again
    "_RJEM_MALLOC_CONF": "narenas:1",  # of Polars
    "MALLOC_MMAP_THRESHOLD_": str(32 * 2**20),
    "MALLOC_TRIM_THRESHOLD_": str(128 * 2**20),
    # a file mapped whole would fill it too
    "POLARS_FORCE_ASYNC": "1",
    "POLARS_ROW_GROUP_PREFETCH_SIZE": "4",
}
TOO_LARGE = os.strerror(errno.EFBIG)
ROOT = Path(__file__).resolve().parents[2]


def run(
    task: Task, arguments: dict[str, Any], *, memory: int, disk: int, seconds: int, progress: Progress
) -> dict[str, Any]:
    """Do a task in a child process.

    Parameters
    ----------
    task, arguments : callable, dict
        A function of a module of this package, and its keyword arguments.
    memory : int
        Bytes of address space.
    disk : int
        Bytes of each file that it may write.
    seconds : int
        Of processor, and of wall clock.
    progress : callable
        Told the share of the work done, at least once a second; whatever it raises ends the child.

    Returns
    -------
    dict
        What the task returns; its "arrays", a dict of ndarrays, come through the pipe and never lie in a file.

    Raises
    ------
    DataProblem
        Of the file; also where it took more memory, disk or time than one file may.
    """
    environment = {key: os.environ[key] for key in ("PATH", "LANG", "TMPDIR", "HOME") if key in os.environ}
    child = subprocess.Popen(
        [sys.executable, "-m", __name__, task.__module__, task.__name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a parser's words may hold cells
        cwd=ROOT,
        env=environment | QUIET,
    )
    assert child.stdin
    assert child.stdout
    try:
        order = {"arguments": arguments, "memory": memory, "disk": disk, "seconds": seconds}
        child.stdin.write(json.dumps(order).encode() + b"\n")
        child.stdin.flush()
        said = _listen(child, child.stdout.fileno(), progress, until=time.monotonic() + seconds)
    except BrokenPipeError:
        said = {}
    finally:
        child.kill()
        child.wait()
        child.stdin.close()
        child.stdout.close()
    if "result" in said:
        return said["result"] | said["arrays"]
    if "problem" in said:
        raise DataProblem(**said["problem"])
    if said.get("full"):
        raise DataProblem(
            "UNPACKED_TOO_LARGE",
            say(
                "Going through this file wrote more than the {disk:,} MiB that it may take on disk.", disk=disk // 2**20
            ),
            413,
            limit=disk,
            found="more",
            next=_smaller("DLSTART_LIMIT_PARQUET_UNPACKED"),
        )
    if "fault" in said:
        raise RuntimeError(f"{task.__name__} failed in its child process: {said['fault']}")
    if said.get("slow") or child.returncode == -signal.SIGXCPU:
        raise DataProblem(
            "UNREADABLE",
            say("Going through this file took more than {seconds:,} seconds.", seconds=seconds),
            413,
            limit=seconds,
            found="more",
            next=_smaller("DLSTART_INGEST_SECONDS"),
        )
    raise DataProblem(
        "UNPACKED_TOO_LARGE",
        say(
            "Going through this file took more than the {memory:,} MiB of memory that one file may use.",
            memory=memory // 2**20,
        ),
        413,
        limit=memory,
        found="more",
        next=_smaller("DLSTART_INGEST_MEMORY"),
    )


def _smaller(limit: str) -> str:
    advice = say("Make it smaller, or have an administrator raise {limit}.", limit=limit)
    return joined(" ", [advice, NOTHING_STORED])


def _listen(child: subprocess.Popen[bytes], pipe: int, progress: Progress, *, until: float) -> dict[str, Any]:
    """The child's last word, with the arrays that follow it; {} if it died before it was done."""
    share, came = 0.0, bytearray()
    last: dict[str, Any] = {}
    while True:
        ready, _, _ = select.select([pipe], [], [], 1.0)
        progress(share)
        if time.monotonic() > until:
            return {"slow": True}
        if not ready:
            continue
        block = os.read(pipe, 2**16)
        if not block:
            return {}
        came += block
        while not last and (end := came.find(b"\n")) >= 0:
            said = unpacked(json.loads(came[:end]))
            del came[: end + 1]
            if "progress" not in said:
                last = said
            else:
                share = said["progress"]
        if last and len(came) >= last.get("bytes", 0):
            return last | {"arrays": _read(bytes(came))}


def _written(arrays: dict[str, np.ndarray]) -> bytes:
    held = io.BytesIO()
    np.savez(held, allow_pickle=False, **arrays)
    return held.getvalue()


def _read(content: bytes) -> dict[str, Any]:
    if not content:
        return {}
    with np.load(io.BytesIO(content), allow_pickle=False) as held:
        return {"arrays": dict(held)}


# ---- in the child


def serve(module: str, name: str) -> None:
    """Do the task once, as standard input says."""
    gc.disable()  # a fifth of the time that the libraries take to load
    task: Task = getattr(import_module(module), name)
    gc.freeze()
    gc.enable()
    order = json.loads(sys.stdin.readline())
    resource.setrlimit(resource.RLIMIT_AS, (order["memory"], order["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (order["seconds"], order["seconds"]))
    resource.setrlimit(resource.RLIMIT_FSIZE, (order["disk"], order["disk"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        result = task(**order["arguments"], progress=lambda share: _say({"progress": share}))
        arrays = _written(result.pop("arrays")) if "arrays" in result else b""
        _say({"result": result, "bytes": len(arrays)}, arrays)
    except DataProblem as problem:
        _say({"problem": problem.as_dict() | {"status": problem.status}})
    except MemoryError:
        os._exit(1)
    except BaseException as fault:
        if TOO_LARGE in str(fault):  # whoever wrote it: Python, Polars or Arrow
            _say({"full": True})
            return
        # where, not what: an exception's words may hold cells of the file
        places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in traceback.extract_tb(fault.__traceback__)]
        _say({"fault": f"{type(fault).__name__} at {' < '.join(reversed(places))}"})


def _say(words: dict[str, Any], content: bytes = b"") -> None:
    sys.stdout.buffer.write(json.dumps(packed(words)).encode() + b"\n" + content)
    sys.stdout.buffer.flush()


def _end_with_parent() -> None:
    sys.stdin.read()  # ends when the parent closes its end, and that is when it dies
    os._exit(1)


if __name__ == "__main__":
    serve(*sys.argv[1:])
