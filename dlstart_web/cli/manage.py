import argparse

from django.core.management import execute_from_command_line

HELP = "run one of Django's management commands"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="COMMAND ...", help="what Django is to run")


def run(args: argparse.Namespace) -> int:
    execute_from_command_line(["dlstart manage", *args.arguments])
    return 0
