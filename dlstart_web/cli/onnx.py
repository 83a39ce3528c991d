import argparse
import importlib
import sys
import tempfile
import zipfile
from pathlib import Path

HELP = "turn a downloaded model into an ONNX file, where it converts; needs no server"
DONE, UNREADABLE, NO_FORM = 0, 2, 3
FILES = {f"model/{name}" for name in ("fitted.json", "scale.json", "model.skops", "model.txt")}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", type=Path, metavar="MODEL.zip", help="as downloaded from the run's page")
    parser.add_argument("out", type=Path, metavar="OUT.onnx")


def run(args: argparse.Namespace) -> int:
    exporting = importlib.import_module("evaluations.core.onnx_export")  # loads what other commands do without
    with tempfile.TemporaryDirectory() as folder:
        try:
            with zipfile.ZipFile(args.model) as archive:
                for name in FILES & {*archive.namelist()}:
                    (Path(folder) / Path(name).name).write_bytes(archive.read(name))
            made = exporting.export(Path(folder))
        except (OSError, KeyError, ValueError, zipfile.BadZipFile) as fault:
            print(f"dlstart onnx: {args.model} is no model downloaded from a run's page. {fault}", file=sys.stderr)
            return UNREADABLE
        except exporting.EvaluationProblem as problem:
            print(f"dlstart onnx: {problem}", file=sys.stderr)
            return NO_FORM
    args.out.write_bytes(made)
    print(f"{args.out}: {len(made):,} bytes. It reads encoded rows; its metadata say which.")
    return DONE
