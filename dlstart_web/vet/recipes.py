"""Names of the contract: recipes that run, and those that answer "not in this version"."""

from evaluations.core.rungs import RUNGS

LATER = ("own_rule",)
KNOWN = (*RUNGS, *LATER)
