"""What a page asks several times is asked once: while a page is read, the first answer is kept and given again."""

from collections.abc import Callable, Hashable
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
_answers: ContextVar[dict[Hashable, Any] | None] = ContextVar("answers", default=None)


def once_a_page(ask: Callable[P, R]) -> Callable[P, R]:
    """A reading question of hashable arguments. In acts, tasks and commands every call asks anew."""

    @wraps(ask)
    def asked(*args: P.args, **kwargs: P.kwargs) -> R:
        answers = _answers.get()
        if answers is None:
            return ask(*args, **kwargs)
        question = ask, args, tuple(sorted(kwargs.items()))
        if question not in answers:
            answers[question] = ask(*args, **kwargs)
        return answers[question]

    return asked


class OnceAPageMiddleware:
    """Keeps the answers of `once_a_page` while a GET or HEAD is answered, which changes nothing that they tell."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        kept = _answers.set({})
        try:
            return self.get_response(request)
        finally:
            _answers.reset(kept)
