"""What people are told of how a CSV file was read: findings as data."""

from collections.abc import Iterator, Mapping

import polars as pl

from datasets.core.corrections import ORDERS, Choice
from datasets.core.errors import shown
from datasets.core.findings import Finding
from datasets.core.readers import strict
from datasets.core.readers.types import MARKS, Reading
from datasets.core.table import MISSING_WORDS, not_finite
from dlstart_web.kit.say import joined, say, say_count

_CODEC_WORDS = {
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "utf-32": "UTF-32",
    "cp1252": "Windows-1252",
}


def how_it_was_read(codec: str | None, layout: strict.Layout) -> list[Finding]:
    """Encoding, delimiter, where the table begins, and columns without a name."""
    findings = []
    if codec and codec != "utf-8-sig":
        message = say("{encoding} found and read as such.", encoding=_CODEC_WORDS[codec])
        findings.append(Finding("D107", "tip", None, message, {"encoding": codec}))
    if layout.delimiter != ",":
        word = strict.DELIMITER_WORDS[layout.delimiter]
        message = say("Columns are parted by a {word}; read as such.", word=word)
        findings.append(Finding("D107", "tip", None, message, {"delimiter": layout.delimiter}))
    if not layout.heading.is_sure:
        findings.append(_how_it_begins(layout))
    if layout.unnamed:
        message = say_count(
            len(layout.unnamed),
            "{count} column without a name, now called {names}.",
            "{count} columns without a name, now called {names}.",
            names=", ".join(layout.unnamed[:5]) + ("…" if len(layout.unnamed) > 5 else ""),
        )
        findings.append(Finding("D107", "tip", layout.unnamed[0], message, {"named": layout.unnamed[:100]}))
    return findings


def _how_it_begins(layout: strict.Layout) -> Finding:
    """Look at it: title rows, or no row of names."""
    heading, titles = layout.heading, ""
    if heading.titles:
        titles = say_count(
            heading.titles, "The first row is no part of the table", "The first {count} rows are no part of the table"
        )
    if heading.line:
        message = say("{titles}; line {line} names the columns.", titles=titles, line=heading.line)
    else:
        message = say(
            "No line names the columns; they are called {first} to {last}.",
            first=layout.names[0],
            last=layout.names[-1],
        )
        message = joined(". ", [titles, message]) if titles else message
    return Finding("D112", "look", None, message, {"line": heading.line, "titles": heading.titles})


def dated(
    orders: dict[str, str], kinds: Mapping[str, Choice], undated: list[str], as_before: list[str]
) -> Iterator[Finding]:
    """Say how dates were read that another country would read otherwise."""
    for name in undated:
        message = say(
            "Column '{name}' holds dates such as 03/04/2024 only, where the day or the month may come "
            "first; read as a category. Say which one does.",
            name=shown(name),
        )
        yield Finding("D113", "look", name, message)
    for order, words in ORDERS.items():
        names = [name for name, found in orders.items() if found == order and kinds.get(name) not in ORDERS]
        if names:
            listed = ", ".join(f"'{shown(name, 40)}'" for name in names[:5]) + ("…" if len(names) > 5 else "")
            example = "25/12/2024" if order == "date_day_first" else "12/25/2024"
            why = say("since cells such as {example} settle it", example=example)
            if set(names) <= set(as_before):
                why = say("as in the version before")
            message = say("Read as {words}, {why}: {listed}.", words=words, why=why, listed=listed)
            yield Finding("D107", "tip", names[0], message, {"order": order, "columns": names[:100]})


def marked_numbers(readings: dict[str, Reading], unsettled: list[str]) -> Iterator[Finding]:
    """Say how numbers were read that are not written as programs do."""
    for name in unsettled:
        message = say(
            "Column '{name}' holds cells such as 1,234, which may be one and a bit or more than a thousand; "
            "read as a category. If the comma parts thousands, make it a number.",
            name=shown(name),
        )
        yield Finding("D107", "look", name, message)
    for marks, words in MARKS.items():
        names = [name for name, reading in readings.items() if reading.marks == marks]
        if names:
            listed = ", ".join(f"'{shown(name, 40)}'" for name in names[:5]) + ("…" if len(names) > 5 else "")
            yield Finding(
                "D107",
                "tip",
                names[0],
                say("Numbers with {words}: {listed}.", words=words, listed=listed),
                {"columns": names[:100]},
            )


def changed_cells(names: list[str], raw: pl.DataFrame, facts: dict[str, int]) -> list[Finding]:
    """Words that mean "missing" and infinite numbers, by column."""
    findings = []
    for name in names:
        if count := facts.get(f"words {name}", 0):
            seen = raw[name].str.strip_chars().drop_nulls().unique()
            words = sorted(set(seen.to_list()) & set(MISSING_WORDS)) or [say("A word for a missing value")]
            message = say_count(
                count,
                "{words} read as missing in '{name}': {count:,} cell.",
                "{words} read as missing in '{name}': {count:,} cells.",
                words=joined(", ", words),
                name=shown(name),
            )
            findings.append(Finding("D101", "tip", name, message, {"words": words, "cells": count}))
        if count := facts.get(f"infinite {name}", 0):
            findings.append(not_finite(name, count))
    return findings
