"""Labelled tables, how their rows are divided, and the ledger of the looks at their test sets."""

from datasets.models.ledger import AppendOnly, Look, LookGate, Opening, SealedLadder, TestSet
from datasets.models.uploads import Upload
from datasets.models.versions import Dataset, DatasetVersion, Finding, Ingestion, Lineage, Seal, new_secret

__all__ = [
    "AppendOnly",
    "Dataset",
    "DatasetVersion",
    "Finding",
    "Ingestion",
    "Lineage",
    "Look",
    "LookGate",
    "Opening",
    "Seal",
    "SealedLadder",
    "TestSet",
    "Upload",
    "new_secret",
]
