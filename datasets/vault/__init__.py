"""Seals a test set; the only room that reads its labels, and only against a spent look or an agreed opening.

Nothing leaves but what `answer` and `open_final` write down. All other rooms import from here, never from the modules
inside.
"""

from datasets.vault.box import SealBroken, seal, seal_fresh
from datasets.vault.looks import (
    LONG_AGO,
    Draft,
    Metric,
    Overtaken,
    answer,
    draft,
    locked,
    look_for,
    spend_look,
    void_look,
)
from datasets.vault.opening import open_final

__all__ = [
    "LONG_AGO", "Draft", "Metric", "Overtaken", "SealBroken", "answer", "draft", "locked", "look_for", "open_final", "seal",
    "seal_fresh", "spend_look", "void_look",
]  # fmt: skip
