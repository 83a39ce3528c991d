import argparse
import importlib
import json
import os
import sys
from pathlib import Path

import django
from django.conf import settings

from datasets.core.corrections import KINDS, ORDERS
from dlstart_web.env import default_home
from dlstart_web.vet.recipes import KNOWN
from projects.core.measures import MEASURES

HELP = "read a labelled file, split and seal it, run the ladder, and say what to do next"
TASKS = ("binary", "multiclass", "regression")
DONE, REFUSED = 0, 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("file", type=Path, metavar="FILE", help="CSV, TSV, XLSX, ODS, ARFF or Parquet; or a ZIP of pictures or sounds")
    add("--target", required=True, metavar="COLUMN", help="the label to predict")
    add("--task", choices=TASKS, help="found from the target where left out")
    add("--metric", choices=MEASURES, metavar="NAME", help=f"one of {', '.join(MEASURES)}")
    add("--level", type=float, metavar="X", help="good enough, in the metric's own unit")
    add("--group", metavar="COLUMN", help="rows of one group stay in one part")
    add("--time", metavar="COLUMN", help="split by this time: train on the past, test on the future")
    add("--text", metavar="COLUMN", help="read this column as text that somebody wrote")
    add(
        "--kind",
        action="append",
        default=[],
        metavar="COLUMN=KIND",
        help=f"what a column is; may be given again: {', '.join([*KINDS, *ORDERS])}",
    )
    add("--drop", action="append", default=[], metavar="COLUMN", help="leave a column out; may be given again")
    add("--budget", type=int, metavar="SECONDS", help="CPU seconds for the whole ladder")
    add("--seed", type=int, default=0, metavar="N", help="seeds the models, and the split secret of a new home")
    add(
        "--only",
        action="append",
        default=[],
        choices=KNOWN,
        metavar="RECIPE",
        help=f"run this rung; may be given again: {', '.join(KNOWN)}",
    )
    add(
        "--rule", default="", metavar="EXPRESSION", help="your own rule as a rung: 'weight > 200 and handle == \"yes\"'"
    )
    add("--forecast", action="store_true", help="would more data help? Fits the best rung on growing shares of train")
    add("--open-final", action="store_true", help="open the final test set, once; needs --level")
    add("--yes", action="store_true", help="do not ask before the final is opened")
    add("--predict", type=Path, metavar="FILE", help="unlabelled rows of the same columns")
    add("--out", type=Path, metavar="FILE", help="where the predictions go")
    add("--home", type=Path, metavar="DIR", help="where everything is kept; the pages of `dlstart run` show it")
    add("--json", type=Path, metavar="FILE", help="write the whole result as JSON")
    add("--quiet", action="store_true", help="no progress, no table")


def run(args: argparse.Namespace) -> int:
    if words := usage_problem(args):
        print(f"dlstart vet: {words}", file=sys.stderr)
        return 2
    home = (args.home or default_home()).resolve()
    os.environ["DLSTART_DATA"] = str(home / "var")
    os.environ["DLSTART_KEYS"] = str(home / ".keys")
    os.environ["DLSTART_BROKER_URL"] = "memory://localhost"  # this process is the worker: no bell is needed
    os.environ.setdefault("DLSTART_LOG_LEVEL", "WARNING")
    django.setup()
    # the stranger's file is read in a guarded child; the table that comes of it is ours, and the libraries are loaded here
    settings.TASKS_IN_PROCESS = frozenset({"check", "divide", "recognise"})
    flow = importlib.import_module("dlstart_web.vet.flow")  # its models need the settings, which need the home
    document = flow.vet(args)
    if args.json:
        args.json.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if document["rejected"]:
        print(f"dlstart vet: {document['rejected']['message']}", file=sys.stderr)
        return REFUSED
    return DONE


def usage_problem(args: argparse.Namespace) -> str | None:
    """What does not go together in what was typed, or None."""
    if not args.file.is_file():
        return f"{args.file} is not a file."
    if args.open_final and args.level is None:
        return "--open-final needs --level: settle what is good enough before the test set is read."
    if bool(args.predict) != bool(args.out):
        return "--predict and --out go together: the rows to predict, and where the predictions go."
    if args.predict and not args.predict.is_file():
        return f"{args.predict} is not a file."
    for said in args.kind:
        if said.rpartition("=")[2] not in (*KINDS, *ORDERS) or not said.rpartition("=")[0]:
            return f"--kind {said} does not name a column and a kind; write it as COLUMN=KIND, with one of {', '.join([*KINDS, *ORDERS])}."
    if args.group and args.time:
        return "--group and --time are two ways to split; name one."
    if "own_rule" in args.only and not args.rule.strip():
        return "--only own_rule needs --rule: the expression that is your rule."
    if args.budget is not None and args.budget < 5:
        return f"--budget is {args.budget}; use 5 CPU seconds or more."
    return None
