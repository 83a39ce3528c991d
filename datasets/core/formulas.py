"""What a spreadsheet would take for a formula, and how it is written so that it does not (OWASP, CSV Injection)."""

import re

FORMULA = r"^[=+\-@\t\r']"  # the mark itself too, so that taking one off brings every text back


def neutral_name(name: str) -> str:
    """A column's name as it stands in a CSV."""
    return f"'{name}" if re.match(FORMULA, name) else name
