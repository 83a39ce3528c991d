"""The request of a signed-in person, for annotations."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails
from rest_framework.request import Request as FrameworkRequest

from projects.models import User


class Request(HttpRequest):
    """What a view gets once `login_required` let it pass; HttpRequest itself knows neither of these."""

    user: User
    htmx: HtmxDetails


class ApiRequest(FrameworkRequest):
    """What an API view gets once `IsAuthenticated` let it pass."""

    user: User
