"""What one may try after a diagnosis, as data: changes of a rung's own settings, without the machinery that fits them."""

from dataclasses import asdict, dataclass

from dlstart_web.kit.say import joined, say


@dataclass(frozen=True)
class Change:
    """Factors on what a rung would choose by itself.

    Parameters
    ----------
    size : float
        Of layers or trees: units, channels, leaves.
    length : float
        Of training: epochs or rounds at most.
    rate : float
        Of the learning rate.
    batch : float
        Of the rows a step reads.
    """

    size: float = 1.0
    length: float = 1.0
    rate: float = 1.0
    batch: float = 1.0

    def after(self, earlier: "Change") -> "Change":
        """Both changes, one upon the other."""
        return Change(*(mine * theirs for mine, theirs in zip(self._factors(), earlier._factors(), strict=True)))

    def as_dict(self) -> dict[str, float]:
        """The factors that change anything."""
        return {name: factor for name, factor in asdict(self).items() if factor != 1}

    def words(self) -> str:
        """ "half the size, 3 times the epochs"; empty for no change."""
        return joined(", ", (_times(factor, NOUNS[name]) for name, factor in self.as_dict().items()))

    def _factors(self) -> tuple[float, ...]:
        return self.size, self.length, self.rate, self.batch


AS_IS = Change()
NOUNS = {"size": say("size"), "length": say("training"), "rate": say("learning rate"), "batch": say("batch")}


def _times(factor: float, noun: str) -> str:
    match factor:
        case 0.25:
            return say("a quarter of the {noun}", noun=noun)
        case 0.5:
            return say("half the {noun}", noun=noun)
        case 2.0:
            return say("twice the {noun}", noun=noun)
    return say("{factor:.3g} times the {noun}", factor=factor, noun=noun)


@dataclass(frozen=True)
class Remedy:
    """A change with the words of its button."""

    name: str
    title: str
    change: Change


REMEDIES: dict[str, Remedy] = {
    remedy.name: remedy
    for remedy in (
        Remedy("halve", say("Halve it"), Change(size=0.5)),
        Remedy("double", say("Double it"), Change(size=2)),
        Remedy("longer", say("Train longer"), Change(length=3)),
        Remedy("slower", say("Lower the learning rate"), Change(rate=1 / 3)),
        Remedy("faster", say("Raise the learning rate"), Change(rate=3)),
        Remedy("batch", say("Raise the batch size"), Change(batch=4)),
    )
}

# By diagnosis code; a level that is met needs none.
FOR: dict[str, tuple[str, ...]] = {
    "TOO_SHORT": ("longer", "slower"),
    "UNSTABLE": ("slower", "batch"),
    "STILL_IMPROVING": ("longer", "faster"),
    "OVERFITTING": ("halve",),
    "UNDERFIT": ("double",),
    "GAP": ("halve",),
}


def remedies_for(code: str, *, curve: str, met: bool) -> list[Remedy]:
    """The remedies of a diagnosis that a rung can take: it must learn in rounds or epochs, and only epochs have batches.

    Parameters
    ----------
    code : str
        Of the diagnosis (STATISTICS 5).
    curve : {"epoch", "round", "rows"}
        What the rung's curve runs over.
    met : bool
        Whether validation meets the level: then an overfitted model is kept as it is.
    """
    if curve == "rows" or (met and code not in ("TOO_SHORT", "STILL_IMPROVING", "UNSTABLE")):
        return []
    found = [REMEDIES[name] for name in FOR.get(code, ())]
    return [remedy for remedy in found if curve == "epoch" or remedy.name != "batch"]
