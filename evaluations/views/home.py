"""My work: what waits for me, what is new, and where my projects stand."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from dlstart_web.kit.say import say
from evaluations import selectors
from projects import selectors as project_selectors
from projects.http import Request

NEWS = 5  # lines on the page; all stand in the list
NUMBERS = (
    say("Nothing waits"),
    say("One thing waits"),
    say("Two things wait"),
    say("Three things wait"),
    say("Four things wait"),
    say("Five things wait"),
)


@login_required
@require_safe
def home(request: Request) -> HttpResponse:
    """What waits for me, and where my projects stand."""
    now = timezone.now()
    tasks = selectors.tasks_of(request.user, now)
    count = len(tasks)
    waiting = NUMBERS[count] if count < len(NUMBERS) else say("{count} things wait", count=count)
    context = {
        "tasks": tasks,
        "rows": selectors.my_rows(request.user, now),
        "waiting": waiting,
        "minutes": sum(task.minutes for task in tasks),
        "news": list(project_selectors.notices_of(request.user).filter(read_at=None)[: NEWS + 1]),
        "news_shown": NEWS,
    }
    return render(request, "evaluations/home.html", context)
