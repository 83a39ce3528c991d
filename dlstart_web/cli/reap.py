import argparse

import django
from django.core.management import call_command

HELP = "ring again for jobs nobody picked up, queue again what fell silent"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--once", action="store_true", help="one sweep, then end")


def run(args: argparse.Namespace) -> int:
    django.setup()
    call_command("reap", once=args.once)
    return 0
