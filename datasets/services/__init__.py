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
from datasets.services.columns import correct_kinds, found_kinds
from datasets.services.looks import agree_opening, ask_opening, set_gate, spend_look, withdraw_opening
from datasets.services.problems import NotYet
from datasets.services.resumable import append_upload, create_upload, drop_upload, finish_upload
from datasets.services.uploads import accept_upload, delete_unsealed, queue, too_large

__all__ = [
    "RULES",
    "NotYet",
    "accept_upload",
    "agree_opening",
    "append_upload",
    "ask_opening",
    "choose_split",
    "choose_target",
    "correct_kinds",
    "create_upload",
    "delete_unsealed",
    "drop_column",
    "drop_upload",
    "finish_upload",
    "found_kinds",
    "keep_finding",
    "queue",
    "seal_obstacle",
    "seal_version",
    "set_gate",
    "spend_look",
    "too_large",
    "withdraw_opening",
]
