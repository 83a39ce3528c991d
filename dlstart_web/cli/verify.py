import argparse
import importlib
import json
import sys
from pathlib import Path

HELP = "compare downloaded parts with their seal certificate; needs no server"
SAME, DIFFERENT, UNREADABLE = 0, 1, 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("certificate", type=Path, metavar="CERTIFICATE", help="the JSON from the certificate's page")
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="train or validation, as Parquet or CSV")


def run(args: argparse.Namespace) -> int:
    verifying = importlib.import_module("datasets.core.verifying")  # loads polars, which other commands do without
    try:
        certificate = verifying.read_certificate(json.loads(args.certificate.read_text(encoding="utf-8")))
    except (OSError, ValueError, verifying.Unreadable) as fault:
        print(f"dlstart verify: {args.certificate} cannot be read. {fault}", file=sys.stderr)
        return UNREADABLE
    code, found = SAME, dict[str, Path]()
    for path in args.files:
        try:
            answer = verifying.verify(certificate, path)
        except (OSError, verifying.Unreadable) as fault:
            print(f"dlstart verify: {path} cannot be read. {fault}", file=sys.stderr)
            code = UNREADABLE
            continue
        if not answer.differs:
            print(f"{path}: is {answer.part} of {certificate['name']}")
            found[answer.part] = path
            continue
        code = code or DIFFERENT
        print(f"{path}: is not {answer.part} of {certificate['name']}")
        for line in answer.differs:
            print(f"  {line}")
    if len(found) == 3:
        print(f"Sealed: {verifying.add_up(certificate, found.pop('original'), list(found.values()))}.")
    return code
