import argparse

import django
from django.core.management import call_command

HELP = "load or remove the demo organisation, or print its log-ins"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["load", "remove", "logins"])


def run(args: argparse.Namespace) -> int:
    django.setup()
    call_command("demo", args.action)
    return 0
