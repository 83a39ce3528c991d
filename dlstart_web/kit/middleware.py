"""What every answer carries."""


class NoStoreMiddleware:
    """Pages of a signed-in person are never kept by a cache between us and them."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if getattr(request, "user", None) is not None and request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response
