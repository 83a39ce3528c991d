"""What people change about data sets and looks: one transaction each, work starts after the commit."""

from datasets.services.choices import (
    RULES,
    choose_split,
    choose_target,
    drop_column,
    keep_finding,
    seal_obstacle,
    seal_version,
)
from datasets.services.looks import agree_opening, ask_opening, set_gate, spend_look, withdraw_opening
from datasets.services.problems import NotYet
from datasets.services.uploads import accept_upload, delete_unsealed, queue, too_large

__all__ = [
    "RULES",
    "NotYet",
    "accept_upload",
    "agree_opening",
    "ask_opening",
    "choose_split",
    "choose_target",
    "delete_unsealed",
    "drop_column",
    "keep_finding",
    "queue",
    "seal_obstacle",
    "seal_version",
    "set_gate",
    "spend_look",
    "too_large",
    "withdraw_opening",
]
