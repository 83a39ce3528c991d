"""What a worker does with an upload: read it, check it against the chosen target, divide and seal it.

All other rooms import from here, never from the modules inside.
"""

from datasets.ingestion.child import limits, read_as, read_rows
from datasets.ingestion.fresh import deposit
from datasets.ingestion.leftovers import sweep
from datasets.ingestion.stages import execute

__all__ = ["deposit", "execute", "limits", "read_as", "read_rows", "sweep"]
