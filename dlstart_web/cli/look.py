import argparse
import sys
from pathlib import Path
from typing import Any

from dlstart_web import remote

HELP = "spend one of your team's looks on a file of predictions; it is checked and scored on validation first, free"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("file", type=Path, metavar="FILE", help="CSV or Parquet with all rows of validation and all sealed rows")
    add("--reason", required=True, metavar="WORDS", help="why now; everybody of the project reads it")
    add("--guess", type=float, metavar="X", help="what you expect, in the measure's own unit")
    add("--name", default="", metavar="NAME", help="of the model, such as resnet18")
    add("--yes", action="store_true", help="do not ask before the look is spent")
    remote.add_server_arguments(parser)


def run(args: argparse.Namespace) -> int:
    try:
        server = remote.server_of(args)
        if not (args.yes or sys.stdin.isatty()):
            raise remote.Usage("A look is spent for good. At a terminal you are asked; a program says --yes.")
        file = remote.handed_in(server, args, only_check=False)
        if set(file["parts"]) == {"validation"}:
            words = f"{args.file} covers validation alone. A look needs the sealed rows too. Nothing was spent."
            raise remote.Failed(words, 422, file)
        look = _spent(server, args, file)
    except remote.Failed as failure:
        return remote.told("look", failure, as_json=args.json)
    if look is None:
        print("Nothing was spent.", file=sys.stderr)
        return remote.DONE
    remote.say(look, f"Look {look['number'] or ''}: {look['sentence']}", as_json=args.json)
    return remote.DONE if look["state"] == "scored" else remote.NOT_ANSWERED


def _spent(server: remote.Server, args: argparse.Namespace, file: dict[str, Any]) -> dict[str, Any] | None:
    """The answered look; None where a person thought better of it."""
    looks = f"projects/{args.project}/looks"
    ledger = server.get(looks)
    if not args.yes and ledger["looks_left"]:
        print(f"The file fits: {remote.parts_words(file)}. {ledger['price']}", file=sys.stderr)
        if input("Spend 1 of 1 look? [y/N] ").strip().lower() not in ("y", "yes"):
            return None
    asked = {"run": file["run"], "reason": args.reason, "guess": args.guess}
    # the same predictions are the same look: a repeat after a lost answer costs nothing, and one given back is asked anew
    given_back = sum(look["state"] == "voided" for look in ledger["looks"])
    look = server.post(looks, asked, {"Idempotency-Key": f"cli-{file['run']}-{given_back}"})
    if look["state"] == "spent":
        print(f"The answer comes at {look['answer_at']}.", file=sys.stderr)
    return server.follow(
        looks, ("spent",), lambda ledger: next(one for one in ledger["looks"] if one["id"] == look["id"])
    )
