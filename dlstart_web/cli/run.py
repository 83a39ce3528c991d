import argparse

import django
from django.core.management import call_command

HELP = "start the pages, the worker and the reaper as one program"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tied", action="store_true", help="end when the program that started this one ends")


def run(args: argparse.Namespace) -> int:
    django.setup()
    call_command("run", tied=args.tied)
    return 0
