"""The console script `dlstart`. Each module of this package is one subcommand, a thin doorway.

A module has HELP, `add_arguments(parser)` and `run(args)`, which returns the exit code. None imports Django's models:
a subcommand may first say where the data is.
"""

import argparse
import importlib
import os
import pkgutil
import sys
from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError

from dlstart_web import openmp


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand; its exit code, or 2 for a fault in what was typed or set."""
    openmp.start_again_if_missing()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dlstart_web.settings")
    about = "Vet a deep-learning idea before you spend money on it."
    parser = argparse.ArgumentParser(prog="dlstart", description=about)
    subcommands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name in sorted(module.name for module in pkgutil.iter_modules(__path__)):
        module = importlib.import_module(f"{__name__}.{name}")
        subparser = subcommands.add_parser(name, help=module.HELP, description=module.HELP)
        module.add_arguments(subparser)
        subparser.set_defaults(run=module.run)
    args = parser.parse_args(argv)
    try:
        return int(args.run(args))
    except ImproperlyConfigured as problem:
        print(f"dlstart: {problem}", file=sys.stderr)
        return 2
    except CommandError as problem:
        print(f"dlstart: {problem}", file=sys.stderr)
        return problem.returncode
    except KeyboardInterrupt:
        return 130
