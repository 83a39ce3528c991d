"""What `dlstart vet` shows: progress on a terminal, then the ladder as a table and what to do next."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm

from dlstart_web.kit import text
from evaluations.core.rungs import RUNGS
from evaluations.words import speech

BAR = "{desc:<28} {bar} {percentage:3.0f}% {elapsed}"


class Terminal:
    """Writes to standard output, and progress to standard error; quiet where asked."""

    def __init__(self, *, quiet: bool) -> None:
        self.quiet = quiet

    @contextmanager
    def progress(self, words: str) -> Iterator[Callable[[float], None]]:
        """A bar for one piece of work; yields what takes its share done, 0 to 1."""
        hidden = self.quiet or not sys.stderr.isatty()
        with tqdm(total=100, desc=words, bar_format=BAR, leave=True, disable=hidden, file=sys.stderr) as bar:
            yield lambda share: bar.update(max(0, 100 * share - bar.n)) and None
            bar.update(100 - bar.n)

    def confirm(self, question: str) -> bool:
        """A yes on a terminal; no where nobody can answer."""
        return sys.stdin.isatty() and input(question).strip().lower() in ("y", "yes")

    def report(self, result: dict[str, Any], slug: str) -> None:
        """Data, ladder, findings, next step."""
        if self.quiet:
            return
        print("\n".join([*_data_lines(result), "", *_ladder_lines(result), "", *_end_lines(result, slug)]))


def _data_lines(result: dict[str, Any]) -> list[str]:
    data = result["dataset"]
    parts = ", ".join(f"{name} {text.thousands(rows)}" for name, rows in data["parts"].items() if rows)
    lines = [
        f"{result['file']['name']}: {text.thousands(data['rows_used'])} rows used, {data['columns']} columns",
        f"  {parts}",
    ]
    return lines + [
        f"  {finding['severity']:<4} {finding['code']} {finding['message']}" for finding in data["findings"]
    ]


def _ladder_lines(result: dict[str, Any]) -> list[str]:
    says = speech(result["dataset"]["metric"])
    lines = [f"{'rank':>4}  {'rung':<28}{says.head + ', validation':<40}{'train':>8}{'CPU s':>8}"]
    for entry in reversed(result["ladder"]):
        title = RUNGS[entry["recipe"]].title if entry["recipe"] in RUNGS else entry["recipe"]
        if entry["state"] != "done":
            if entry["state"] == "failed":
                lines.append(f"{'':>4}  {title:<28}failed: {entry['reason']}")
            continue
        found = entry["validation"]
        span = says.span(found["score"], found["low"], found["high"], result["dataset"]["parts"]["validation"])
        train = says.number(entry["train"]["score"])
        lines.append(f"{found['rank'] or text.MISSING:>4}  {title:<28}{span:<40}{train:>8}{entry['seconds']:>8.1f}")
        if entry["diagnosis"] and entry["recipe"] == result["best"]:
            lines.append(f"{'':>6}{entry['diagnosis']['code']}: {entry['diagnosis']['message']}")
    return lines


def _end_lines(result: dict[str, Any], slug: str) -> list[str]:
    lines = [f"Next: {result['next_step']['message']}"]
    if result["forecast"]:
        lines.append(f"More data: {result['forecast']['message']}")
    if result["final"]:
        lines.append(f"Final: {result['final']['message']}")
    return [*lines, f"Kept as the sandbox project {slug}; `dlstart run` with the same home shows it."]
