"""The API of the three apps under one prefix."""

from django.urls import include, path

urlpatterns = [
    path("", include("projects.api_urls")),
    path("", include("datasets.api_urls")),
    path("", include("evaluations.api_urls")),
]
