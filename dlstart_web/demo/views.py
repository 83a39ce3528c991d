"""A tour of the demo: one act as each of its people, and back to oneself."""

import csv
import io
from hmac import compare_digest
from random import uniform

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_not_required, login_required
from django.contrib.auth.views import redirect_to_login
from django.core.files.base import ContentFile
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from datasets import services
from dlstart_web.demo import digits
from dlstart_web.demo.people import ORGANISATION, PEOPLE
from dlstart_web.kit.say import say
from projects.http import Request
from projects.models import Team, User

ONESELF = "demo_seen_by"  # of the session: who goes through the demo, and what proves that the account is as it was


def _may_view(request: Request) -> bool:
    return request.user.is_authenticated or settings.DEMO_OPEN


@require_POST
@login_required
def try_it(request: Request) -> HttpResponse:
    """A copy of the demo's belt pictures in a sandbox of one's own team, to play with at once."""
    mine = Team.objects.filter(memberships__user=request.user, memberships__left_at=None).order_by("name").first()
    if mine is None:
        messages.warning(request, say("A sandbox belongs to a team. Make one of your own first."))
        return redirect("projects:team_list")
    written = io.StringIO()
    csv.writer(written).writerows(digits.mugs_in_another_light(uniform(5, 15)))
    file = ContentFile(written.getvalue().encode(), name="belt_pictures.csv")
    name = str(say("Belt pictures to try"))
    version = services.deposit_data(team=mine, user=request.user, file=file, name=name, is_listed=False)
    messages.success(request, say("1,797 pictures lie in a sandbox of {team}. Their label is is_mug.", team=mine.name))
    return redirect("datasets:version_detail", version.pk)


@login_not_required
@require_safe
def tour(request: Request) -> HttpResponse:
    """Who there is to be, and the one act of each."""
    if not _may_view(request):
        return redirect_to_login(request.get_full_path())
    here = {user.email: user for user in User.objects.filter(is_demo=True, is_active=True)}
    stops = [(person, here[person.email]) for person in PEOPLE if person.email in here]
    context = {"stops": stops, "demo_organisation": ORGANISATION, "may_go_back": ONESELF in request.session}
    return render(request, "demo/tour.html", context)


@login_not_required
@require_POST
def view_as(request: Request, key: str) -> HttpResponse:
    """Go on as one of the demo's people; they reach the demo and nothing else."""
    if not _may_view(request):
        return redirect_to_login(reverse("demo:tour"))
    person = next((each for each in PEOPLE if each.key == key), None)
    if person is None:
        raise Http404("Nobody of that name is in the demo.")
    user = get_object_or_404(User, email=person.email, is_demo=True, is_active=True)
    oneself = request.session.get(ONESELF)
    if request.user.is_authenticated and not request.user.is_demo:
        oneself = [request.user.pk, request.user.get_session_auth_hash()]
    login(request, user)
    if oneself:
        request.session[ONESELF] = oneself
    return redirect(person.where)


@login_not_required
@require_POST
def view_back(request: Request) -> HttpResponse:
    """Be oneself again; whoever came without an account is signed out."""
    pk, proof = request.session.get(ONESELF) or (None, "")
    user = User.objects.filter(pk=pk, is_active=True).first()
    logout(request)
    if user is None or not compare_digest(user.get_session_auth_hash(), proof):
        return redirect("account_login")
    login(request, user)
    return redirect("evaluations:home")
