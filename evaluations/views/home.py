"""My work: what waits for me, what is new, and where my projects stand."""

from datetime import datetime, timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from dlstart_web.kit.say import say
from evaluations import selectors
from projects import selectors as project_selectors
from projects.http import Request

VISIT = timedelta(hours=1)  # who comes back later had left
YEAR = timedelta(days=365)
NEWS = 5  # lines on the page; all stand in the list
NUMBERS = (
    say("Nothing waits"),
    say("One thing waits"),
    say("Two things wait"),
    say("Three things wait"),
    say("Four things wait"),
    say("Five things wait"),
)


def _left_at(request: Request, now: datetime) -> datetime | None:
    """When the person left this page before the visit that goes on, as the browser keeps it; None on the first one."""
    here_at, _, left_at = request.get_signed_cookie("visit", "", salt=str(request.user.pk)).partition(" ")
    if here_at and now - datetime.fromisoformat(here_at) > VISIT:
        left_at = here_at
    return datetime.fromisoformat(left_at) if left_at else None


@login_required
@require_safe
def home(request: Request) -> HttpResponse:
    """What waits for me, and where my projects stand."""
    now = timezone.now()
    tasks = selectors.tasks_of(request.user, now)
    count = len(tasks)
    waiting = NUMBERS[count] if count < len(NUMBERS) else say("{count} things wait", count=count)
    left_at = _left_at(request, now)
    context = {
        "left_at": left_at,
        "since": selectors.since_left(request.user, left_at),
        "tasks": tasks,
        "rows": selectors.my_rows(request.user, now),
        "waiting": waiting,
        "minutes": sum(task.minutes for task in tasks),
        "news": list(project_selectors.notices_of(request.user).filter(read_at=None)[: NEWS + 1]),
        "news_shown": NEWS,
    }
    page = render(request, "evaluations/home.html", context)
    page.set_signed_cookie(
        "visit",
        f"{now.isoformat()} {left_at.isoformat() if left_at else ''}",
        salt=str(request.user.pk),
        max_age=YEAR,
        samesite="Lax",
        httponly=True,
        secure=request.is_secure(),
    )
    return page
