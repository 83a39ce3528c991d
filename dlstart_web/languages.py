"""Compile the catalogues of languages into what gettext reads: `python -m dlstart_web.languages`.

Not by `pybabel compile`, which takes the sign in "95% of all rows" for a placeholder of Python's.
"""

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER = Path(__file__).resolve().parent / "locale"


def compile_catalogues(folder: Path = FOLDER) -> None:
    """Write a .mo file beside each .po file."""
    for source in sorted(folder.glob("*/LC_MESSAGES/django.po")):
        with source.open("rb") as read, source.with_suffix(".mo").open("wb") as write:
            write_mo(write, read_po(read, locale=source.parts[-3]))


if __name__ == "__main__":
    compile_catalogues()
