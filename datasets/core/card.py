"""The dataset card: README.md with the head that hubs read, the datasheet in words, and how to read the files."""

import json
from collections.abc import Mapping, Sequence

from datasets.core.datasheet import NOT_RECORDED, QUESTIONS, Reply, words

SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
)
LARGEST = "10M<n<100M"
KINDS = {"binary": "tabular-classification", "multiclass": "tabular-classification", "regression": "tabular-regression"}
CSV_NOTE = """\
A text cell or a column's name that begins with `=`, `+`, `-`, `@`, a tab, a return or `'` has one `'` in front, because a
spreadsheet would take it for a formula. To have the cells as they were, take one leading `'` off every text that has one:

```python
import pandas as pd
rows = pd.read_csv("train.csv").rename(columns=lambda name: name.removeprefix("'"))
texts = rows.select_dtypes(["object", "string"]).columns
rows[texts] = rows[texts].apply(lambda column: column.str.removeprefix("'"))
```

A missing value is an empty cell, an empty text is `""`. The Parquet files hold the same rows with nothing added.
"""
PARQUET_NOTE = "`pandas.read_parquet`, `polars.read_parquet` and others read the files as they are.\n"


def write_card(
    *,
    name: str,
    task: str,
    target: str,
    facts: Sequence[tuple[str, str]],
    replies: Mapping[str, Reply],
    parts: Mapping[str, int],
    ending: str,
    address: str,
) -> str:
    """The text of the card.

    Parameters
    ----------
    facts : sequence of (str, str)
        What the server knows by itself.
    parts : mapping of part to rows
        Of the parts that are in the files.
    ending : {"parquet", "csv"}
    address : str
        Of the entry in the catalogue.
    """
    rows = sum(parts.values())
    size = next((words for limit, words in SIZES if rows < limit), LARGEST)
    head = [
        "---",
        f"pretty_name: {_yaml(name)}",
        "license: other",
        f"license_name: {_yaml(words(QUESTIONS['licence'], replies['licence']))}",
        f"task_categories: [{KINDS.get(task, 'other')}]",
        f"size_categories: [{_yaml(size)}]",
        "configs:",
        "- config_name: default",
        "  data_files:",
        *(f"  - split: {part}\n    path: {part}.{ending}" for part in parts),
        "---",
    ]
    known = [f"- **{label}**: {_line(value)}" for label, value in facts]
    sheet = []
    for question in QUESTIONS.values():
        said = words(question, replies[question.id])
        sheet += [f"### {question.label}", "", f"*{said}*" if said == NOT_RECORDED else _quoted(said), ""]
    return "\n".join(
        [
            *head,
            "",
            f"# {_line(name)}",
            "",
            f"Train and validation, from {address}",
            "",
            f"The label is the column `{target}`. Checkpoint and final are sealed; nobody has their labels.",
            "",
            "## What is known",
            "",
            *known,
            "",
            "## Datasheet",
            "",
            *sheet,
            "## Files",
            "",
            *(f"- `{part}.{ending}`: {count:,} rows" for part, count in parts.items()),
            "- `croissant.json`: the same described for programs (Croissant 1.0)",
            "- `SHA256SUMS`: `sha256sum -c SHA256SUMS` checks the files",
            "",
            CSV_NOTE if ending == "csv" else PARQUET_NOTE,
        ]
    )


def _yaml(text: str) -> str:
    """A text as YAML takes it: JSON's texts are YAML's."""
    return json.dumps(text, ensure_ascii=False)


def _line(text: str) -> str:
    return " ".join(text.split())


def _quoted(text: str) -> str:
    """People's words as a quotation, so that no line of them becomes a heading of the card."""
    return "\n".join(f"> {line}" for line in text.splitlines())
