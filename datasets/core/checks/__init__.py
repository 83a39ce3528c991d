"""What may be wrong with a table before a model learns from it; one idea a file, findings as data."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from datasets.core.checks.annotators import annotators_agree, annotators_of
from datasets.core.checks.context import look_at
from datasets.core.checks.duplicates import duplicates
from datasets.core.checks.gaps import gaps
from datasets.core.checks.groups import large_groups
from datasets.core.checks.ids import id_like
from datasets.core.checks.labels import rare_classes, unlabelled
from datasets.core.checks.leakage import gives_label_away
from datasets.core.checks.near_copies import near_numbers, near_texts_found
from datasets.core.checks.order import sorted_by_label
from datasets.core.checks.roles import group_like, label_by_group, weight_like
from datasets.core.checks.sampled import sampled
from datasets.core.checks.spellings import look_alike_labels
from datasets.core.checks.sums import sums_give_label_away
from datasets.core.checks.times import future_differs, time_leakage
from datasets.core.corrections import Kind
from datasets.core.findings import LEFT_OUT, Finding
from datasets.core.stages import Progress, nothing

_RANK = {"stop": 0, "look": 1, "tip": 2}
ALONE = 0.3  # of the time, for what each column says alone


def run_checks(
    path: Path,
    *,
    target: str,
    task: str,
    group: str | None = None,
    time: str | None = None,
    drop: Sequence[str] = (),
    kinds: Mapping[str, Kind] | None = None,
    merged: Mapping[str, str] | None = None,
    annotators: Sequence[str] = (),
    progress: Progress = nothing,
) -> list[Finding]:
    """Look for what would spoil a test.

    Parameters
    ----------
    path : Path
        Typed Parquet file, as a reader leaves it.
    target : str
    task : {"binary", "multiclass", "regression"}
    group, time : str or None
    drop : sequence of str
        Columns that are no features.
    kinds : mapping of str to Kind, optional
        Of the columns; found from their cells where left out.
    merged : dict of str to str, optional
        Spellings of labels and the label each is read as.
    annotators : sequence of str
        Columns of single annotators, where a person named them; else they are looked for.

    Returns
    -------
    list of Finding
        The gravest first. Columns of D202 and D407 are to be left out of the features: see `columns_left_out`.
    """
    look = look_at(
        path,
        target=target,
        task=task,
        group=group,
        time=time,
        drop=drop,
        kinds=kinds or {},
        merged=merged or {},
    )
    agreed = list(annotators_agree(look, annotators_of(look, annotators)))
    ids = id_like(look)
    left_out = {*columns_left_out(ids), *columns_left_out(agreed)}
    features = [name for name in look.features if name not in left_out]
    alone = list(gives_label_away(look, features))
    honest = [name for name in features if name not in {finding.column for finding in alone}]
    progress(ALONE)
    checks: list[Iterable[Finding]] = [  # most look only when they are asked
        unlabelled(look),
        ids,
        agreed,
        alone,
        sums_give_label_away(look, honest),
        look_alike_labels(look),
        duplicates(look, [*features, *look.media]),
        near_numbers(look, features),
        near_texts_found(look, [name for name in features if look.kind(name) == "text"]),
        sorted_by_label(look),
        time_leakage(look, honest),
        future_differs(look, features),
        group_like(look, look.features),
        label_by_group(look, features),
        weight_like(look, features),
        rare_classes(look),
        large_groups(look),
        gaps(look),
    ]
    findings: list[Finding] = []
    for place, found in enumerate(checks, 1):
        findings += found
        progress(ALONE + (1 - ALONE) * place / len(checks))
    findings += sampled(look, features)
    return sorted(findings, key=lambda finding: _RANK[finding.severity])


def columns_left_out(findings: Sequence[Finding]) -> list[str]:
    """The columns that number or name the rows, or hold annotators' labels, and are therefore no features."""
    return [finding.column for finding in findings if finding.code in LEFT_OUT and finding.column]
