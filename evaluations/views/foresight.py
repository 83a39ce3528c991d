"""The page that shows a reviewer how the own scores turned out."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dlstart_web.kit.say import say
from evaluations import selectors
from evaluations.core.foresight import LEAST
from projects.core.criteria import BY_KEY
from projects.http import Request


@login_required
@require_safe
def review_foresight(request: Request) -> HttpResponse:
    """Own scores beside outcomes, of nobody else."""
    found = selectors.foresight_of(request.user)
    parts = [
        {
            "label": BY_KEY["feasibility"].label,
            "outcome": say("reached the level on the final rows"),
            "of": say("verdicts that say reached or not reached"),
            "found": found["feasibility"],
        },
        {
            "label": BY_KEY["payoff"].label,
            "outcome": say("paid, or paid in part, half a year after the decision"),
            "of": say("decisions of which somebody has said whether they paid"),
            "found": found["payoff"],
        },
    ]
    return render(request, "evaluations/review_foresight.html", {"parts": parts, "least": LEAST})
