"""The four parts of a data set, by name and in words. Web-safe."""

from dlstart_web.kit.say import say

PARTS = ("train", "validation", "checkpoint", "final")
PART_WORDS = dict(zip(PARTS, (say("train"), say("validation"), say("checkpoint"), say("final")), strict=True))
