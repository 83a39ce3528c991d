from django.urls import path

from datasets import views

app_name = "datasets"
urlpatterns = [
    path("data/", views.dataset_list, name="dataset_list"),
    path("data/<uuid:pk>/looks/", views.look_gate, name="look_gate"),
    path("data/versions/<uuid:pk>/", views.version_detail, name="version_detail"),
    path("data/versions/<uuid:pk>/status/", views.version_status, name="version_status"),
    path("data/versions/<uuid:pk>/columns/", views.version_columns, name="version_columns"),
    path("data/versions/<uuid:pk>/target/", views.version_target, name="version_target"),
    path("data/versions/<uuid:pk>/finding/", views.version_finding, name="version_finding"),
    path("data/versions/<uuid:pk>/split/", views.version_split, name="version_split"),
    path("data/versions/<uuid:pk>/seal/", views.version_seal, name="version_seal"),
    path("data/versions/<uuid:pk>/certificate/", views.certificate, name="certificate"),
    path("data/versions/<uuid:pk>/parts/<slug:part>/", views.part_download, name="part_download"),
    path("projects/<slug:slug>/data/", views.project_data, name="project_data"),
    path("projects/<slug:slug>/data/fragment/", views.project_fragment, name="project_fragment"),
    path("projects/<slug:slug>/data/upload/", views.dataset_upload, name="dataset_upload"),
]
