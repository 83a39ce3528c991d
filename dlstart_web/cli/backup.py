import argparse

import django
from django.core.management import call_command

HELP = "copy the database, the parts and the vault into a new folder, and read the copy again"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", help="outside the data folder, best on another disk")


def run(args: argparse.Namespace) -> int:
    django.setup()
    call_command("backup", args.folder)
    return 0
