import argparse

import django
from django.core.management import call_command

HELP = "say whether the machine's clock can be believed, or accept it after it leapt; looks wait for that"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["show", "accept"])
    parser.add_argument("--yes", action="store_true", help="accept: do not ask")


def run(args: argparse.Namespace) -> int:
    django.setup()
    call_command("clock", args.action, yes=args.yes)
    return 0
