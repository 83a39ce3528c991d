import argparse

import django
from django.core.management import call_command

HELP = "load the demo organisation, print its log-ins, say where it stands, or remove it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["load", "advance", "logins", "status", "remove"])
    parser.add_argument("--yes", action="store_true", help="remove: do not ask")


def run(args: argparse.Namespace) -> int:
    django.setup()
    call_command("demo", args.action, yes=args.yes)
    return 0
