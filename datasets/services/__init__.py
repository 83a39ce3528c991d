"""What people change about data sets and looks: one transaction each, work starts after the commit."""

from datasets.services.choices import (
    RULES,
    choose_split,
    choose_target,
    seal_obstacle,
    seal_version,
)
from datasets.services.columns import correct_header, correct_kinds, found_kinds
from datasets.services.findings import drop_column, keep_finding, merge_labels, undo_merge
from datasets.services.fresh import deposit_fresh
from datasets.services.looks import (
    accept_restored,
    agree_opening,
    ask_opening,
    grant_look,
    limit_looks,
    set_gate,
    spend_look,
    withdraw_opening,
)
from datasets.services.problems import NotYet
from datasets.services.resumable import append_upload, create_upload, drop_upload, finish_upload
from datasets.services.sharing import (
    answer_wanted,
    ask_access,
    close_wanted,
    decide_access,
    deposit_data,
    list_dataset,
    may_remove,
    remove_dataset,
    take_access_back,
    use_dataset,
    want_data,
)
from datasets.services.sheets import edit_sheet, save_sheet_answer
from datasets.services.uploads import accept_upload, delete_unsealed, queue, receive_file, too_large
from datasets.services.viewings import note_viewing, take_inputs

__all__ = [
    "RULES",
    "NotYet",
    "accept_restored",
    "accept_upload",
    "agree_opening",
    "answer_wanted",
    "append_upload",
    "ask_access",
    "ask_opening",
    "choose_split",
    "choose_target",
    "close_wanted",
    "correct_header",
    "correct_kinds",
    "create_upload",
    "decide_access",
    "delete_unsealed",
    "deposit_data",
    "deposit_fresh",
    "drop_column",
    "drop_upload",
    "edit_sheet",
    "finish_upload",
    "found_kinds",
    "grant_look",
    "keep_finding",
    "limit_looks",
    "list_dataset",
    "may_remove",
    "merge_labels",
    "note_viewing",
    "queue",
    "receive_file",
    "remove_dataset",
    "save_sheet_answer",
    "seal_obstacle",
    "seal_version",
    "set_gate",
    "spend_look",
    "take_access_back",
    "take_inputs",
    "too_large",
    "undo_merge",
    "use_dataset",
    "want_data",
    "withdraw_opening",
]
