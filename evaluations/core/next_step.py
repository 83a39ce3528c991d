"""What to do next, from validation alone: a suggestion, never a verdict (PRODUCT 0.4). Web-safe."""

from dataclasses import dataclass

from dlstart_web.kit.say import say


@dataclass(frozen=True)
class NextStep:
    """A code and the sentence for people."""

    code: str
    message: str


@dataclass(frozen=True)
class Standing:
    """One family's best on validation, in unit form (0 to 1, higher is better) with its interval."""

    score: float
    low: float
    high: float


def suggest(
    *,
    has_stop_finding: bool,
    level: float | None,
    simple: Standing | None,
    deep: Standing | None,
    deep_told_apart: bool,
    train_score: float | None,
    diagnosis: str | None,
    criterion_locked: bool = True,
) -> NextStep:
    """The first of these that fits: mend the data, name the level, open the final, try deep, more rows, better labels.

    Parameters
    ----------
    has_stop_finding : bool
        A finding of severity stop stands.
    level : float or None
        The level asked for, in unit form; None when none was given.
    simple, deep : Standing or None
        Best of each family on validation; None when none has a score yet.
    deep_told_apart : bool
        Whether the best deep model is significantly better than the best simple one (STATISTICS 1.7).
    train_score : float or None
        Of the best model, in unit form.
    diagnosis : str or None
        Code of the best model's diagnosis (STATISTICS 5).
    criterion_locked : bool
        Whether measure and level are locked; a level that may still move decides nothing.
    """
    if has_stop_finding:
        return NextStep(
            "FIX_DATA", say("A finding says stop: mend the data first, since every score below rests on it.")
        )
    if level is None or not criterion_locked:
        return NextStep(
            "LOCK_CRITERION",
            say("Lock the measure and the level that is good enough, before anybody looks at sealed rows."),
        )
    if simple is not None and simple.low >= level:
        return NextStep(
            "SIMPLE_LOOKS_ENOUGH",
            say("A simple model is clearly at the level on validation. Open the final rows once to settle it."),
        )
    if deep is None:
        return NextStep("TRY_DEEP", say("No simple model is clearly at the level. Try the small neural network next."))
    best = deep if simple is None or deep.score > simple.score else simple
    if best.low >= level:
        if deep_told_apart or simple is None:
            return NextStep(
                "OPEN_FINAL",
                say("The deep model is clearly at the level on validation. Open the final rows to settle it."),
            )
        return NextStep(
            "MORE_ROWS",
            say("The level is reached, but deep and simple can't be told apart. Label more rows, or choose on cost."),
        )
    if best.high >= level:
        return NextStep(
            "MORE_ROWS", say("The level lies inside the range of the best model. More labelled rows would tell.")
        )
    if diagnosis in ("GAP", "OVERFITTING") or (train_score is not None and train_score >= level):
        return NextStep(
            "MORE_ROWS", say("The model reaches the level on its own rows but not on new ones. Label more rows.")
        )
    return NextStep(
        "IMPROVE_LABELS",
        say("No model reaches the level, even on its own rows. Check the labels, the features and the level itself."),
    )
