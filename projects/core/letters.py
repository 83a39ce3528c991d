"""The letter about a decision: as it came with dlstart, or in an organisation's own words with fields such as {project}."""

from collections.abc import Mapping, Sequence
from string import Formatter

from dlstart_web.kit.say import Sentence, joined, say
from projects.core.wording import Group, Slot, Template

OUTCOMES = {"go": say("Go"), "try": say("Try it"), "revise": say("Revise"), "hold": say("Hold"), "stop": say("Stop")}
FIELDS = ("project", "version", "team", "outcome", "reasons", "reviews")
MORE_FIELDS = {"hold": ("until",), "try": ("hours",)}
AT_MOST = 5000


def fields_of(outcome: str) -> tuple[str, ...]:
    """What the letter about a decision may name."""
    return FIELDS + MORE_FIELDS.get(outcome, ())


def letter(own: str, filled: Mapping[str, str]) -> str:
    """The letter with its fields filled in; without own words the usual one, in each reader's language."""
    return Sentence(own, dict(filled)) if own else _usual(filled)


def reviews_words(minds: Sequence[str]) -> str:
    """What stands for {reviews}, by what would change the mind of each reviewer; "" where no review is in."""
    if any(minds):
        return say("The reviews are open to you. What would change the reviewers' minds is a list of what to do next.")
    return say("The reviews are open to you.") if minds else ""


def _usual(filled: Mapping[str, str]) -> str:
    outcome, until, hours = filled["outcome"], filled.get("until"), filled.get("hours")
    named = {"project": filled["project"], "number": filled["version"]}
    parts = [
        say("The proposal “{project}”, version {number}, was reviewed.", **named)
        if filled["reviews"]
        else say("The proposal “{project}”, version {number}, is decided without a review.", **named),
        say("Decision: {outcome} until: {until}.", outcome=outcome, until=until)
        if until
        else say("Decision: {outcome}, with {hours} hours.", outcome=outcome, hours=hours)
        if hours
        else say("Decision: {outcome}.", outcome=outcome),
        filled["reasons"],
        filled["reviews"],
    ]
    return joined("\n\n", filter(None, parts))


def sample(outcome: str, own: str) -> str:
    """The letter about an invented proposal."""
    filled = {
        "project": say("Coffee mug"),
        "version": "1",
        "team": "Northlight Canteens",
        "outcome": OUTCOMES[outcome].lower(),
        "reasons": say("Everything a reviewer looks for is here."),
        "reviews": reviews_words(["?"]),
        "until": say("the new site opens"),
        "hours": "336",
    }
    return letter(own, {name: filled[name] for name in fields_of(outcome)})


def _braced(name: str) -> str:
    return f"{{{name}}}"


def _check(texts: Mapping[str, str]) -> dict[str, str]:
    return {outcome: words for outcome, text in texts.items() if (words := _brace_problem(outcome, text))}


def _brace_problem(outcome: str, text: str) -> str:
    known, label = fields_of(outcome), OUTCOMES[outcome]
    try:
        fields = [parts[1:] for parts in Formatter().parse(text) if parts[1] is not None]
    except ValueError:
        return say(
            "{label}: a brace stands alone. Write {opened} or {closed} for one that is no field.",
            label=label,
            opened="{{",
            closed="}}",
        )
    for name, spec, conversion in fields:
        if name not in known or spec or conversion:
            return say(
                "{label}: there is no field {found}. This letter knows {names}.",
                label=label,
                found=_braced(f"{name}{'!' if conversion else ''}{conversion or ''}{':' if spec else ''}{spec}"),
                names=", ".join(map(_braced, known)),
            )
    return ""


TEMPLATE = Template(
    "letters",
    say("Letters about decisions"),
    say(
        "What the owners of a team read when their proposal is decided. A handler may still write each letter anew, and a"
        " letter that waits in the outbox stays as it is."
    ),
    tuple(
        Group(
            label,
            (Slot(outcome, say("Letter"), _usual({name: _braced(name) for name in fields_of(outcome)}), AT_MOST),),
            say(
                "Fields: {names}. Where no review is in, {reviews} is empty.",
                names=", ".join(map(_braced, fields_of(outcome))),
                reviews=_braced("reviews"),
            ),
        )
        for outcome, label in OUTCOMES.items()
    ),
    _check,
)
