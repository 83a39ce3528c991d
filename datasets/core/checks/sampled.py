"""Which checks looked at less than the whole table: each is named, with the rows or the columns it looked at."""

from collections.abc import Iterator, Sequence

from datasets.core.checks import parts
from datasets.core.checks.context import Context
from datasets.core.checks.quick import rows_for
from datasets.core.findings import Finding
from datasets.core.near.unite import MOST_PICTURES
from datasets.core.split import SHARES
from dlstart_web.kit.say import joined, say

_WORDS = {
    "D115": say("texts that are nearly the same"),
    "D116": say("pictures that are nearly the same, at the seal"),
    "D201": say("columns one by one"),
    "D205": say("rows with nearly the same numbers"),
    "D206": say("a first pass over sums and differences"),
    "D207": say("chance against time"),
    "D302": say("sealed rows against train, at the seal"),
    "D303": say("the latest rows against the others"),
}


def sampled(look: Context, features: Sequence[str]) -> Iterator[Finding]:
    """One finding for all checks, after they noted in `looked_at` and `columns_looked_at` what they saw.

    The two that run at the seal are named beforehand, since then it is too late to do anything about them.
    """
    rows = int(look.labelled.sum())
    looked_at = {"D201": len(look.sample_rows), **look.looked_at}
    if any(look.kind(name) == "picture" for name in look.media):
        looked_at["D116"] = MOST_PICTURES
    columns_looked_at = dict(look.columns_looked_at)
    if features and look.time is None:
        columns_looked_at["D302"] = (min(len(features), parts.MOST_COLUMNS), len(features))
        compared = rows_for(columns_looked_at["D302"][0], parts.MOST_ROWS)
        if compared < rows * (1 - SHARES[1]):  # validation is on neither side
            looked_at["D302"] = compared
    fewer = {code: looked_at[code] for code in sorted(looked_at) if looked_at[code] < rows}
    said = []
    if fewer:
        each = (
            say("{check} ({code}) {rows:,}", check=_WORDS[code], code=code, rows=rows) for code, rows in fewer.items()
        )
        listed = joined(", ", each)
        said.append(say("Of {rows:,} rows some checks looked at a fixed sample: {listed}.", rows=rows, listed=listed))
    for code, (seen, of) in sorted(columns_looked_at.items()):
        if seen < of:
            if code == "D302":
                said.append(say("{code} looked at the first {seen:,} of {of:,} columns.", code=code, seen=seen, of=of))
            else:
                words = say(
                    "{code} looked at the first {seen:,} of {of:,} number columns.", code=code, seen=seen, of=of
                )
                said.append(words)
    if said:
        columns = {code: seen for code, (seen, of) in columns_looked_at.items() if seen < of}
        yield Finding("D109", "tip", None, joined(" ", said), {"rows": fewer, "of": rows, "columns": columns})
