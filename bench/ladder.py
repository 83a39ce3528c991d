"""CPU seconds of the ladder's rungs against one plain LightGBM fit, and scores on rows nobody chose by.

    python bench/ladder.py [FOLDER] [NAME ...]

FOLDER holds adult, credit_g, segment and ames as CSV with a manifest.json; without it DLSTART_DATASETS is asked, and
without that scikit-learn's own sets are used. Every set is split 0.6/0.2/0.2; the last part plays the sealed one, and a
holdout file is scored too where there is one. A FOLDER with NAME/train.parquet, valid.parquet, test.parquet and
meta.json in it is taken as it is divided, so that others run on the same rows. Prints ratios: seconds alone say nothing
on another machine. DLSTART_BENCH_OUT names a folder for what the recommended model says of the last part.
"""

import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import lightgbm as lgb
import numpy as np
import polars as pl
from sklearn import datasets as sklearn_sets

from evaluations.core.encoding import Encoded, encode
from evaluations.core.metrics import METRICS, Metric, default_metric
from evaluations.core.recipes import RECIPES, Fitted, blend
from evaluations.core.recipes.base import COARSE, loss, one_thread
from evaluations.core.rungs import offered

BUNDLED = {"breast_cancer": "binary", "digits": "multiclass", "wine": "multiclass", "diabetes": "regression"}
SEED = 20240601
FLOOR = 3  # CPU seconds of a board whose ratio says nothing: a plain fit of a tiny set takes hundredths
GOAL = 14.0
BUDGETS = {"linear": 11, "forest": 11, "boosting": 22, "boosting_wide": 44, "network": 27}  # of 120 CPU seconds


def main(arguments: list[str]) -> None:
    """Run every named set, or all there are."""
    folder, names = _folder(arguments)
    sets = ["adult", "credit_g", "segment", "ames"] if folder else []
    wanted = names or [*sets, *BUNDLED, "synth10k", "synth100k"]
    ratios = {name: _run(name, folder) for name in wanted}
    print("\nthe whole board as a multiple of one plain LightGBM fit, goal: median 14, none over 25")
    print("  " + ", ".join(f"{name} {ratio:.1f}" for name, ratio in ratios.items()))
    print(f"  median {np.median([*ratios.values()]):.1f}, worst {max(ratios.values()):.1f}")
    print(f"  boards under {FLOOR} CPU seconds are short enough in themselves and count as at most 14")


def _folder(arguments: list[str]) -> tuple[Path | None, list[str]]:
    if arguments and Path(arguments[0]).is_dir():
        return Path(arguments[0]), arguments[1:]
    named = os.environ.get("DLSTART_DATASETS")
    return (Path(named) if named else None), arguments


def _run(name: str, folder: Path | None) -> float:
    if folder and (folder / name / "meta.json").is_file():
        parts, holdout, target, task = _divided(folder / name)
    else:
        frame, holdout, target, task = (
            _bundled(name) if name in BUNDLED or name.startswith("synth") else _real(name, folder)
        )
        parts = _divide(frame)
    with tempfile.TemporaryDirectory() as scratch:
        data, sealed, encoding = _encoded(Path(scratch), parts, target, task)
        truth = {"sealed": _labels(data, sealed[target])}
        sources = {"sealed": data.part("final")}
        if holdout is not None:
            path = Path(scratch) / "holdout.parquet"
            holdout.write_parquet(path)
            truth["holdout"], sources["holdout"] = _labels(data, holdout[target]), data.transform(path)
        metric = METRICS["log_loss"] if name in ("segment", "digits", "wine") else default_metric(task)
        before = time.process_time()
        plain = _plain(data)
        aside = time.process_time() - before
        print(f"\n{name}: {data.rows('train'):,} train rows, {metric.name}; plain fit {plain:.3f} CPU s")
        total, fits = encoding, {}
        for recipe in (RECIPES[name] for name in offered({"number"}, data.task) if name in RECIPES):
            points = []
            known = {"coding": fits["boosting"].settings["coding"]} if recipe.name == "boosting_wide" else {}
            start = time.process_time()
            fits[recipe.name] = fitted = recipe.fit(
                data, metric=metric, budget=BUDGETS.get(recipe.name, 5), random_state=0, report=points.append, **known
            )
            guess = fitted.predict("validation")
            validation = metric.score(data.y("validation"), guess)
            fitted.predict("final")
            seconds = time.process_time() - start
            total += seconds
            print(
                f"  {recipe.name:14s} {seconds / plain:6.1f}x {len(points):4d} points  validation {validation:10.4f}"
                f"  {_scores(metric, fitted, truth, sources)}  {fitted.settings.get('coding', '')} {' '.join(fitted.notes)}"
            )
        start = time.process_time()
        names = [name for name in fits if name != "always_same"]
        said = [fits[name].predict("validation") for name in names]
        predicting = time.process_time() - start
        start = time.process_time()
        mixture = blend.choose(data, data.y("validation"), said, 0)
        total += time.process_time() - start
        weights = {name: w for name, w in zip(names, mixture.weights, strict=True) if w}
        best = min(names, key=lambda name: loss(data, data.y("validation"), said[names.index(name)]))
        if mixture.gain > 0:
            chosen = blend.Blend.of(data, [fits[name] for name in weights], {"weights": weights})
            words = " ".join(f"{name} {w:.2f}" for name, w in weights.items())
        else:
            chosen, words = fits[best], f"{best} alone"
        print(f"  recommended: {words}; {_scores(metric, chosen, truth, sources)}")
        start = time.process_time()
        handed_in = chosen
        if data.rows("train") < COARSE:
            members = [m.refit(data) if m.REFITS else m for m in getattr(chosen, "members", [chosen])]
            handed_in = blend.Blend.of(data, members, chosen.settings) if mixture.gain > 0 else members[0]
            print(f"  refitted:    {_scores(metric, handed_in, truth, sources)}")
        refit = time.process_time() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"  board {total:.2f} CPU s = {total / plain:.1f}x, encoding {encoding / plain:.1f}x of it; "
            f"refit {refit / plain:.1f}x more; {peak:.0f} MB, process {time.process_time():.1f} CPU s ({predicting:.1f})",
            flush=True,
        )
        if out := os.environ.get("DLSTART_BENCH_OUT"):
            cost = {"cpu": time.process_time() - aside, "mb": peak, "ratio": total / plain}
            said = {"chosen": chosen.predict("final"), "p": handed_in.predict("final")}
            np.savez(Path(out) / f"{name}.npz", y=truth["sealed"], **said, **cost)
        return min(total / plain, GOAL) if total < FLOOR else total / plain


def _scores(metric: Metric, fitted: Fitted, truth: dict, sources: dict) -> str:
    return " ".join(f"{part} {metric.score(truth[part], fitted.predict(sources[part])):.4f}" for part in truth)


def _plain(data: Encoded) -> float:
    """One LightGBM fit of 100 trees with its defaults, binning included; the lower of two."""
    model = lgb.LGBMRegressor if data.task == "regression" else lgb.LGBMClassifier
    spent = []
    with one_thread():
        for _ in range(2):
            start = time.process_time()
            model(n_jobs=1, verbose=-1).fit(data.tree("train"), data.y("train"))
            spent.append(time.process_time() - start)
    return min(spent)


def _divide(frame: pl.DataFrame) -> list[pl.DataFrame]:
    order = np.random.default_rng(SEED).permutation(len(frame))
    a, b = int(0.6 * len(frame)), int(0.8 * len(frame))
    return [frame[np.sort(rows)] for rows in (order[:a], order[a:b], order[b:])]


def _divided(folder: Path) -> tuple[list[pl.DataFrame], None, str, str]:
    parts = [pl.read_parquet(folder / f"{part}.parquet") for part in ("train", "valid", "test")]
    return parts, None, "target", json.loads((folder / "meta.json").read_text())["task"]


def _encoded(scratch: Path, parts: list[pl.DataFrame], target: str, task: str) -> tuple[Encoded, pl.DataFrame, float]:
    frame = pl.concat(parts)
    for part, rows in zip(("train", "validation", "final"), (*parts[:2], parts[2].drop(target)), strict=True):
        rows.write_parquet(scratch / f"{part}.parquet")
    columns = [
        {"name": n, "kind": "number" if d.is_numeric() else "category"} for n, d in frame.schema.items() if n != target
    ]
    classes = None if task == "regression" else sorted(frame[target].cast(pl.String).unique().to_list())
    start = time.process_time()
    encode(
        train=scratch / "train.parquet",
        validation=scratch / "validation.parquet",
        sealed={"final": scratch / "final.parquet"},
        target=target,
        task=task,
        columns=columns,
        classes=classes,
        out=scratch / "encoded",
    )
    return Encoded.open(scratch / "encoded"), parts[2], time.process_time() - start


def _labels(data: Encoded, series: pl.Series) -> np.ndarray:
    if data.classes is None:
        return series.cast(pl.Float64).to_numpy()
    return np.array([data.classes.index(label) for label in series.cast(pl.String)], dtype=float)


def _real(name: str, folder: Path | None) -> tuple[pl.DataFrame, pl.DataFrame | None, str, str]:
    if folder is None:
        raise SystemExit(f"'{name}' needs the folder with manifest.json: give it first, or set DLSTART_DATASETS.")
    entry = next(s for s in json.loads((folder / "manifest.json").read_text())["sets"] if s["name"] == name)
    frame = pl.read_csv(folder / entry["upload"], infer_schema_length=None)
    holdout = pl.read_csv(folder / entry["holdout"], schema=frame.schema)
    return frame, holdout, entry["target"], entry["kind"].split()[0]


def _bundled(name: str) -> tuple[pl.DataFrame, None, str, str]:
    if name.startswith("synth"):
        return (
            _synthetic({"synth10k": 10_000, "synth100k": 100_000, "synth1m": 1_000_000}[name]),
            None,
            "target",
            "binary",
        )
    bunch = getattr(sklearn_sets, f"load_{name}")()
    frame = pl.DataFrame(bunch.data, schema=[f"x{i}" for i in range(bunch.data.shape[1])])
    return frame.with_columns(pl.Series("target", bunch.target)), None, "target", BUNDLED[name]


def _synthetic(n: int) -> pl.DataFrame:
    """30 columns with strong interactions, six of them cut into shuffled categories of 3 to 200 values, 5 % holes."""
    x, y = sklearn_sets.make_classification(
        n, 30, n_informative=12, n_redundant=6, n_clusters_per_class=4, flip_y=0.03, class_sep=0.8, random_state=SEED
    )
    rng = np.random.default_rng(SEED)
    frame = pl.DataFrame(x, schema=[f"x{i:02d}" for i in range(30)])
    order = rng.permutation(30)
    for j, k in enumerate((3, 5, 8, 20, 50, 200)):
        column = f"x{order[j]:02d}"
        codes = np.searchsorted(np.quantile(x[:, order[j]], np.arange(1, k) / k), x[:, order[j]])
        values = np.array([f"c{v}" for v in rng.permutation(k)])[codes]
        frame = frame.with_columns(pl.Series(column, values))
    for j in range(2, 12):
        hole = pl.Series(rng.random(n) < 0.05)
        frame = frame.with_columns(
            pl.when(hole).then(None).otherwise(pl.col(f"x{order[j]:02d}")).alias(f"x{order[j]:02d}")
        )
    return frame.with_columns(pl.Series("target", y))


if __name__ == "__main__":
    main(sys.argv[1:])
