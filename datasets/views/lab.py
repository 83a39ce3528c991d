"""The Peeking Lab: what looking too often does, shown on labels that are made up."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@login_not_required
@require_safe
def peeking_lab(request: HttpRequest) -> HttpResponse:
    """Overfit a made-up test set by clicking; all of it runs in the browser, and without script a worked table stands there."""
    return render(request, "datasets/peeking_lab.html")
