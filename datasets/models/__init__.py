"""Labelled tables, how their rows are divided, and the ledger of the looks at their test sets."""

from datasets.models.catalogue import AccessRequest, DataUse, SheetAnswer, Wanted, WantedAnswer
from datasets.models.ledger import (
    AppendOnly,
    FreshDeposit,
    InputsTaken,
    Look,
    LookGate,
    LookGrant,
    LookLimits,
    Opening,
    SealedLadder,
    TestSet,
)
from datasets.models.uploads import Upload
from datasets.models.versions import (
    Dataset,
    DatasetVersion,
    Finding,
    Ingestion,
    LabelMerge,
    Lineage,
    Seal,
    Viewing,
    new_secret,
)

__all__ = [
    "AccessRequest",
    "AppendOnly",
    "DataUse",
    "Dataset",
    "DatasetVersion",
    "Finding",
    "FreshDeposit",
    "Ingestion",
    "InputsTaken",
    "LabelMerge",
    "Lineage",
    "Look",
    "LookGate",
    "LookGrant",
    "LookLimits",
    "Opening",
    "Seal",
    "SealedLadder",
    "SheetAnswer",
    "TestSet",
    "Upload",
    "Viewing",
    "Wanted",
    "WantedAnswer",
    "new_secret",
]
