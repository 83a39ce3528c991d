import argparse

import django
from django.core.management import call_command

HELP = "check the log of looks, seals, grants and roles against the database, or go on after a restored backup"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["verify", "accept"])
    parser.add_argument("--head", default="", metavar="HASH", help="verify: a head kept elsewhere, to be found again")
    parser.add_argument("--yes", action="store_true", help="accept: do not ask")


def run(args: argparse.Namespace) -> int:
    django.setup()
    call_command("audit", args.action, head=args.head, yes=args.yes)
    return 0
