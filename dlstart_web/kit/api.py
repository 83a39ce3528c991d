"""What every API view shares: paging without totals, and errors as application/problem+json (RFC 9457)."""

from http import HTTPStatus

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.pagination import CursorPagination
from rest_framework.response import Response
from rest_framework.views import exception_handler

PROBLEM_TYPE = "application/problem+json"


class Page(CursorPagination):
    """50 a page, next and previous as addresses; no totals, since a count can tell what is hidden."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    ordering = "-pk"


class Problem(exceptions.APIException):
    """A refusal with a stable type, one plain sentence and, where it fits, where, limit, found and next.

    Parameters
    ----------
    type : str
        Stable word for programs, e.g. "no-look-left".
    detail : str
        What happened and what to do, for people.
    status : int
        HTTP status.
    headers : dict of str, optional
        Sent along, e.g. Retry-After.
    **more
        Further members of the body; None is left out.
    """

    def __init__(
        self, type: str, detail: str, *, status: int = 422, headers: dict[str, str] | None = None, **more
    ) -> None:
        super().__init__(detail)
        self.type, self.status_code = type, status
        self.headers = headers or {}
        self.more = {key: value for key, value in more.items() if value is not None}


def problem_response(fault: Exception, context: dict) -> Response | None:
    """DRF's exception handler: the same body for every refusal."""
    if isinstance(fault, Http404):
        fault = exceptions.NotFound(str(fault) or "Nothing under this address.")
    elif isinstance(fault, PermissionDenied):
        fault = exceptions.PermissionDenied(str(fault) or None)
    response = exception_handler(fault, context)
    if response is None:
        return None  # a fault of ours: Django's handler500 answers
    code = response.status_code
    body = {
        "type": f"{fault.type}" if isinstance(fault, Problem) else HTTPStatus(code).phrase.lower().replace(" ", "-"),
        "title": HTTPStatus(code).phrase,
        "status": code,
        "detail": str(getattr(fault, "detail", "")),
    }
    if isinstance(fault, Problem):
        body |= fault.more
        for name, value in fault.headers.items():
            response.headers[name] = value
    elif isinstance(fault, exceptions.ValidationError):
        body |= {"detail": "Some fields need another value.", "fields": fault.get_full_details()}
        if code == status.HTTP_400_BAD_REQUEST:
            response.status_code = body["status"] = status.HTTP_422_UNPROCESSABLE_ENTITY
            body["title"], body["type"] = HTTPStatus(422).phrase, "fields"
    response.data = body
    response.content_type = PROBLEM_TYPE
    return response
