"""Addresses. Each app has its pages; /api/v1 has the same record for programs."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from dlstart_web.kit.health import health

urlpatterns = [
    path("healthz/", health, name="healthz"),
    path("accounts/", include("allauth.urls")),
    path("", include("dlstart_web.kit.urls")),
    path("", include("dlstart_web.demo.urls")),
    path("", include("projects.urls")),
    path("", include("datasets.urls")),
    path("", include("evaluations.urls")),
    path("api/v1/", include("dlstart_web.api_urls")),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/v1/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api_docs"),
]
handler400 = "dlstart_web.kit.views.bad_request"
handler403 = "dlstart_web.kit.views.permission_denied"
handler404 = "dlstart_web.kit.views.page_not_found"
handler500 = "dlstart_web.kit.views.server_error"
