"""Reads about what to do after a diagnosis: the buttons of a run, and how much of its score is chance."""

from typing import Any

from django.urls import reverse

from dlstart_web.kit import text
from dlstart_web.kit.say import joined, say
from evaluations.core import charts
from evaluations.core.remedies import AS_IS, Change, remedies_for
from evaluations.models import Run, Spread
from evaluations.words import Speech


def remedy_buttons(run: Run) -> list[dict[str, str]]:
    """The acts that a diagnosis asks for: changes that are tried by a press, and pages that lead on.

    Returns
    -------
    list of {"title", "remedy"} or {"title", "url"}
    """
    if run.score is None or not run.diagnosis or run.recipe == "blend":
        return []
    code = run.diagnosis["code"]
    met = _meets_level(run)
    found = [{"title": remedy.title, "remedy": remedy.name} for remedy in remedies_for(code, curve=run.curve, met=met)]
    if met or code == "STILL_IMPROVING":
        return found
    pages = {
        "add": (say("Add data"), reverse("datasets:project_data", args=[run.project.slug])),
        "more": (say("Would more data help?"), reverse("evaluations:run_forecast", args=[run.pk])),
        "labels": (say("Check the labels"), reverse("evaluations:run_inspection", args=[run.pk])),
    }
    wanted = {"OVERFITTING": ["add"], "GAP": ["more", "add"], "UNDERFIT": ["labels"], "CONVERGED": ["labels", "more"]}
    return found + [{"title": pages[name][0], "url": pages[name][1]} for name in wanted.get(code, [])]


def _meets_level(run: Run) -> bool:
    criterion = run.ladder.criterion
    if criterion is None or criterion.metric != run.metric or run.goodness is None:
        return False
    return run.goodness >= (criterion.level if run.goodness == run.score else -criterion.level)


def remedy_result(run: Run, says: Speech) -> str:
    """What a remedy brought, beside the run whose diagnosis asked for it; empty for any other run."""
    before = run.remedy_of
    if before is None:
        return ""
    words = Change(**run.change).words() if Change(**run.change) != AS_IS else say("the settings of the ladder")
    if run.score is None or before.score is None:
        return say("Tries {words}.", words=words)
    gained = says.difference(run.score - before.score)
    return say(
        "Tried {words}: {gained} on validation against the run before. One look more at validation, which the board counts.",
        words=words,
        gained=gained,
    )


def spread_newest(run: Run) -> Spread | None:
    """The newest spread of a run, whatever its state."""
    return run.spreads.first()


def spread_answer(spread: Spread, says: Speech) -> dict[str, Any]:
    """All that a page shows of a measured spread."""
    found = spread.result
    fits = found["fits"]
    scores = sorted(fit["score"] for fit in fits)
    low, high = scores[0], scores[-1]
    said = [
        say(
            "{count} seeds: {low} to {high}, mean {mean}, standard deviation {deviation}.",
            count=len(fits),
            low=says.number(low, low, high),
            high=says.number(high, low, high),
            mean=says.number(found["mean"], low, high),
            deviation=says.difference(found["deviation"], signed=False),
        )
    ]
    if len(fits) < found["wanted"]:
        said.append(
            say(
                "The budget of {budget:,} CPU seconds ended after {fits} of {wanted} seeds.",
                budget=spread.budget,
                fits=len(fits),
                wanted=found["wanted"],
            )
        )
    if "Stopped at its budget" in spread.run.note:
        said.append(say("The run itself stopped at its budget, and the other seeds had more."))
    rows = [[f"{fit['seed']}", says.number(fit["score"], low, high), text.thousands(fit["best_x"])] for fit in fits]
    return {"message": joined(" ", said), "rows": rows, "has_curves": any(fit["curve"] for fit in fits)}


def spread_chart(spread: Spread) -> dict[str, Any]:
    """The validation loss of each seed as a raw line, in one panel."""
    run = spread.run
    curves = [([x for x, _ in fit["curve"]], [loss for _, loss in fit["curve"]]) for fit in spread.result["fits"]]
    y_title = "RMSE" if run.version.task == "regression" else say("Log loss")
    return charts.seeds_figure(curves, over="epoch" if run.curve == "epoch" else "round", y_title=y_title)
