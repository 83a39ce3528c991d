"""Reads and checks a stranger's file in a child process with limits: what breaks there breaks nothing here.

The child gets its task as one line of JSON and answers in lines of JSON. It has no settings, no database and no keys in
its environment, ends when its parent does, and a bomb in the file ends the child alone.
"""

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
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from datasets.core.checks import numeric_codes, run_checks
from datasets.core.checks.spellings import look_alikes
from datasets.core.corrections import Corrections, Kind
from datasets.core.errors import DataProblem
from datasets.core.findings import Finding
from datasets.core.limits import Limits
from datasets.core.profile import guess_task, profile_table
from datasets.core.readers import read_table
from datasets.core.split import Design
from datasets.core.stages import Progress, within
from datasets.core.target import class_counts, label_texts, labels_of, used_rows

# a few threads and arenas: on a large machine their stacks alone would fill the address space
QUIET = {
    "OMP_NUM_THREADS": "1",
    "POLARS_MAX_THREADS": "4",
    "MALLOC_ARENA_MAX": "4",
    # a file mapped whole would fill it too
    "POLARS_FORCE_ASYNC": "1",
    "POLARS_ROW_GROUP_PREFETCH_SIZE": "4",
}
ROOT = Path(__file__).resolve().parent.parent


def read(
    *,
    source: str,
    file_name: str,
    out: str,
    limits: dict[str, int],
    corrections: dict[str, Any] | None = None,
    progress: Progress = lambda share: None,
) -> dict[str, Any]:
    """An upload -> typed Parquet file, and what one wants to know of it."""
    table = read_table(
        Path(source),
        file_name=file_name,
        out=Path(out),
        limits=Limits(**limits),
        corrections=Corrections(**(corrections or {})),
        progress=within(progress, 0, 0.9),
    )
    profile = profile_table(Path(out), table.columns)
    said = {finding.column for finding in table.findings if finding.code == "D111"}
    settled = {*(corrections or {}).get("kinds", {}), *said}
    findings = [*table.findings, *numeric_codes(Path(out), profile, settled=settled)]
    return {
        "rows": table.rows,
        "columns": [column.as_dict() for column in table.columns],
        "findings": [finding.as_dict() for finding in findings],
        "profile": profile | ({"head": table.head} if table.head else {}),
    }


def check(
    *,
    table: str,
    target: str,
    task: str,
    group: str | None,
    time: str | None,
    drop: list[str],
    kinds: dict[str, Kind],
    merged: dict[str, str],
    annotators: list[str],
    limits: dict[str, int],
    progress: Progress = lambda share: None,
) -> dict[str, Any]:
    """A typed table and its target -> the task, and what the checks find."""
    path = Path(table)
    task = task or guess_task(path, target, merged)
    _refuse_target(path, Design(kind="random", target=target, task=task, merged=merged), Limits(**limits))
    findings: list[Finding] = run_checks(
        path,
        target=target,
        task=task,
        group=group,
        time=time,
        drop=drop,
        merged=merged,
        annotators=annotators,
        kinds=kinds,
    )
    return {"task": task, "findings": [finding.as_dict() for finding in findings]}


def _refuse_target(path: Path, design: Design, limits: Limits) -> None:
    """DataProblem for a target that could not be divided: better now than at the seal.

    Labels that look alike count as one here: a finding proposes to merge them, and a refusal would hide it.
    """
    column = pl.read_parquet(path, columns=[design.target], glob=False).to_series()
    used = used_rows(path, column, design, [], limits)
    column = column.filter(pl.Series(used))
    try:
        class_counts(labels_of(column, design, limits), design, limits)
    except DataProblem as refusal:
        if refusal.code not in ("CLASS_TOO_SMALL", "NOT_TWO_CLASSES"):
            raise
        counts = dict(label_texts(column, design.merged).drop_nulls().value_counts().iter_rows())
        alike = look_alikes(counts)
        if not alike:
            raise
        merged = {label: alike.get(into, into) for label, into in design.merged.items()} | alike
        design = replace(design, merged=merged)
        class_counts(labels_of(column, design, limits), design, limits)


TASKS: dict[str, Callable[..., dict[str, Any]]] = {"read": read, "check": check}


def run(name: str, arguments: dict[str, Any], *, memory: int, seconds: int, progress: Progress) -> dict[str, Any]:
    """Do one of `TASKS` in a child process.

    Parameters
    ----------
    name, arguments : str, dict
        A key of `TASKS` and its keyword arguments.
    memory : int
        Bytes of address space.
    seconds : int
        Of processor, and of wall clock.
    progress : callable
        Told the share of the work done, at least once a second; whatever it raises ends the child.

    Raises
    ------
    DataProblem
        Of the file; also where it took more memory or time than one file may.
    """
    environment = {key: os.environ[key] for key in ("PATH", "LANG", "TMPDIR", "HOME") if key in os.environ}
    child = subprocess.Popen(
        [sys.executable, "-m", "datasets.limited"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a parser's words may hold cells
        cwd=ROOT,
        env=environment | QUIET,
    )
    assert child.stdin
    assert child.stdout
    try:
        order = {"task": name, "arguments": arguments, "memory": memory, "seconds": seconds}
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
        return said["result"]
    if "problem" in said:
        raise DataProblem(**said["problem"])
    if "fault" in said:
        raise RuntimeError(f"{name} failed in its child process: {said['fault']}")
    if said.get("slow"):
        raise DataProblem(
            "UNREADABLE",
            f"Going through this file took more than {seconds:,} seconds.",
            413,
            limit=seconds,
            next="Make it smaller, or have an administrator raise DLSTART_INGEST_SECONDS. Nothing was stored.",
        )
    raise DataProblem(
        "UNPACKED_TOO_LARGE",
        f"Going through this file took more than the {memory // 2**20:,} MiB of memory that one file may use.",
        413,
        limit=memory,
        next="Make it smaller, or have an administrator raise DLSTART_INGEST_MEMORY. Nothing was stored.",
    )


def _listen(child: subprocess.Popen[bytes], pipe: int, progress: Progress, *, until: float) -> dict[str, Any]:
    """The child's last word; {} if it died without one."""
    share, rest = 0.0, b""
    while True:
        ready, _, _ = select.select([pipe], [], [], 1.0)
        progress(share)
        if time.monotonic() > until:
            return {"slow": True}
        if not ready:
            continue
        came = os.read(pipe, 2**16)
        if not came:
            return {"slow": True} if child.wait() == -signal.SIGXCPU else {}
        *lines, rest = (rest + came).split(b"\n")
        for line in lines:
            said = json.loads(line)
            if "progress" not in said:
                return said
            share = said["progress"]


# ---- in the child


def main() -> None:
    """Do the one task that comes by standard input."""
    order = json.loads(sys.stdin.readline())
    resource.setrlimit(resource.RLIMIT_AS, (order["memory"], order["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (order["seconds"], order["seconds"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        _say({"result": TASKS[order["task"]](**order["arguments"], progress=lambda share: _say({"progress": share}))})
    except DataProblem as problem:
        _say({"problem": problem.as_dict() | {"status": problem.status}})
    except MemoryError:
        os._exit(1)
    except BaseException as fault:
        # where, not what: an exception's words may hold cells of the file
        places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in traceback.extract_tb(fault.__traceback__)]
        _say({"fault": f"{type(fault).__name__} at {' < '.join(reversed(places))}"})


def _say(words: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def _end_with_parent() -> None:
    sys.stdin.read()  # ends when the parent closes its end, and that is when it dies
    os._exit(1)


if __name__ == "__main__":
    main()
