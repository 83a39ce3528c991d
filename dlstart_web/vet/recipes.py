"""Names of the contract: all of them are rungs."""

from evaluations.core.rungs import RUNGS

KNOWN = tuple(RUNGS)
