import argparse
from pathlib import Path

from dlstart_web import remote

HELP = "ask a server whether a file of predictions fits: ids, gaps, types; free, and says nothing about its score"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="CSV or Parquet: id,prediction or id with scores")
    remote.add_server_arguments(parser)
    parser.set_defaults(name="")


def run(args: argparse.Namespace) -> int:
    try:
        file = remote.handed_in(remote.server_of(args), args, only_check=True)
    except remote.Failed as failure:
        return remote.told("check", failure, as_json=args.json)
    words = f"{args.file} fits: {remote.parts_words(file)}. Nothing was scored or spent."
    if set(file["parts"]) == {"validation"}:
        words += " A look needs the sealed rows too."
    remote.say(file, words, as_json=args.json)
    return remote.DONE
