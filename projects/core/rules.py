"""How proposals are scored: weights, floors, what each score means, how many reviews are wanted, who is named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from dlstart_web.kit.say import say
from projects.core.criteria import BY_KEY, CRITERIA, MINIMUM_REVIEWS, Anchored
from projects.core.errors import ProjectProblem

MOST_WEIGHT = 5.0
MOST_REVIEWS = 9
ANCHOR_AT_MOST = 200


@dataclass(frozen=True)
class Rules:
    """One version of the rules. A proposal keeps the version it was submitted under, so a round is judged by one."""

    number: int = 1
    weights: Mapping[str, float] = field(default_factory=lambda: {c.key: c.weight for c in CRITERIA})
    floors: Mapping[str, int | None] = field(default_factory=lambda: {c.key: c.floor for c in CRITERIA})
    reviews_wanted: int = MINIMUM_REVIEWS  # before the reviews of a proposal open
    names_hidden: bool = True  # from everybody but the handler
    anchors: Mapping[str, Sequence[str]] = field(default_factory=dict)  # own sentences; "" or no key: those built in

    @property
    def criteria(self) -> tuple[Anchored, ...]:
        """The five with these weights, floors and sentences."""
        return tuple(
            replace(
                c,
                weight=self.weights[c.key],
                floor=self.floors[c.key],
                anchors=tuple(
                    own or built_in for own, built_in in zip(self.anchors.get(c.key, c.anchors), c.anchors, strict=True)
                ),
            )
            for c in CRITERIA
        )

    def changes_from(self, before: "Rules") -> list[str]:
        """What is different, one sentence each."""
        said: list[str] = []
        for was, now in zip(before.criteria, self.criteria, strict=True):
            if was.weight != now.weight:
                said.append(
                    say(
                        "{criterion} weighs {now:g} instead of {before:g}.",
                        criterion=now.label,
                        now=now.weight,
                        before=was.weight,
                    )
                )
            if was.floor != now.floor:
                said.append(
                    say(
                        "{criterion} has {now} instead of {before}.",
                        criterion=now.label,
                        now=_floor(now.floor),
                        before=_floor(was.floor),
                    )
                )
            said += [
                say(
                    "{criterion}, {score}: “{now}” instead of “{before}”.",
                    criterion=now.label,
                    score=score,
                    now=new,
                    before=old,
                )
                for score, (old, new) in enumerate(zip(was.anchors, now.anchors, strict=True), start=1)
                if old != new
            ]
        if before.reviews_wanted != self.reviews_wanted:
            said.append(
                say(
                    "{now} reviews are wanted instead of {before}.",
                    now=self.reviews_wanted,
                    before=before.reviews_wanted,
                )
            )
        if before.names_hidden != self.names_hidden:
            said.append(
                say("Names of reviewers are hidden.") if self.names_hidden else say("Names of reviewers are shown.")
            )
        return said


def own_anchors(wanted: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """What differs from the sentences built in, which are read in each reader's language; "" where nothing does."""
    own: dict[str, list[str]] = {}
    for key, sentences in wanted.items():
        pairs = zip((" ".join(words.split()) for words in sentences), BY_KEY[key].anchors, strict=True)
        own[key] = ["" if words in (built_in, str(built_in)) else words for words, built_in in pairs]
    return {key: sentences for key, sentences in own.items() if any(sentences)}


def check(rules: Rules) -> Rules:
    """The rules, or ProjectProblem with the first that is out of its range."""
    for criterion in rules.criteria:
        if not 0 <= criterion.weight <= MOST_WEIGHT:
            raise ProjectProblem(
                say(
                    "The weight of {criterion} is {weight:g}; it may be 0 to {most:g}.",
                    criterion=criterion.label,
                    weight=criterion.weight,
                    most=MOST_WEIGHT,
                )
            )
        if criterion.floor is not None and criterion.floor not in (2, 3, 4):
            raise ProjectProblem(
                say(
                    "The floor of {criterion} is {floor}; it may be 2, 3, 4 or none.",
                    criterion=criterion.label,
                    floor=criterion.floor,
                )
            )
        for score, words in enumerate(criterion.anchors, start=1):
            if len(words) > ANCHOR_AT_MOST:
                raise ProjectProblem(
                    say(
                        "{criterion}, {score}: {found} characters; at most {most} are kept. Shorten it.",
                        criterion=criterion.label,
                        score=score,
                        found=len(words),
                        most=ANCHOR_AT_MOST,
                    )
                )
    if not any(criterion.weight for criterion in rules.criteria):
        raise ProjectProblem(say("All five weights are 0. At least one criterion must count."))
    if not 1 <= rules.reviews_wanted <= MOST_REVIEWS:
        raise ProjectProblem(
            say("{wanted} reviews are wanted; it may be 1 to {most}.", wanted=rules.reviews_wanted, most=MOST_REVIEWS)
        )
    return rules


def _floor(value: int | None) -> str:
    return say("no floor") if value is None else say("a floor of {value}", value=value)
