"""Seals a test set; the only room that reads its labels, and only against a spent look or an agreed opening.

Nothing leaves but what `answer` and `open_final` write down. All other rooms import from here, never from the modules
inside.
"""

from datasets.vault.box import SealBroken, seal
from datasets.vault.looks import LONG_AGO, Metric, answer, locked, spend_look, void_look
from datasets.vault.opening import open_final

__all__ = ["LONG_AGO", "Metric", "SealBroken", "answer", "locked", "open_final", "seal", "spend_look", "void_look"]
