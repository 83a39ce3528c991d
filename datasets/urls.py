from django.urls import path

from datasets import views

app_name = "datasets"
urlpatterns = [
    path("data/", views.dataset_list, name="dataset_list"),
    path("data/deposit/", views.dataset_deposit, name="dataset_deposit"),
    path("data/fragment/", views.home_fragment, name="home_fragment"),
    path("data/wanted/new/", views.wanted_create, name="wanted_create"),
    path("data/wanted/<int:pk>/", views.wanted_detail, name="wanted_detail"),
    path("data/wanted/<int:pk>/answer/", views.wanted_answer, name="wanted_answer"),
    path("data/requests/<int:pk>/", views.access_decide, name="access_decide"),
    path("data/<uuid:pk>/", views.dataset_detail, name="dataset_detail"),
    path("data/<uuid:pk>/ask/", views.access_ask, name="access_ask"),
    path("data/<uuid:pk>/datasheet/", views.datasheet, name="datasheet"),
    path("data/<uuid:pk>/datasheet/<slug:question>/", views.datasheet_answer, name="datasheet_answer"),
    path("data/<uuid:pk>/listing/", views.dataset_listing, name="dataset_listing"),
    path("data/<uuid:pk>/remove/", views.dataset_remove, name="dataset_remove"),
    path("data/<uuid:pk>/use/", views.dataset_use, name="dataset_use"),
    path("data/<uuid:pk>/looks/", views.look_gate, name="look_gate"),
    path("data/versions/<uuid:pk>/", views.version_detail, name="version_detail"),
    path("data/versions/<uuid:pk>/status/", views.version_status, name="version_status"),
    path("data/versions/<uuid:pk>/columns/", views.version_columns, name="version_columns"),
    path("data/versions/<uuid:pk>/target/", views.version_target, name="version_target"),
    path("data/versions/<uuid:pk>/finding/", views.version_finding, name="version_finding"),
    path("data/versions/<uuid:pk>/split/", views.version_split, name="version_split"),
    path("data/versions/<uuid:pk>/seal/", views.version_seal, name="version_seal"),
    path("data/versions/<uuid:pk>/certificate/", views.certificate, name="certificate"),
    path("data/versions/<uuid:pk>/certificate.json", views.certificate_download, name="certificate_download"),
    path("data/versions/<uuid:pk>/parts/<slug:part>/", views.part_download, name="part_download"),
    path("projects/<slug:slug>/data/", views.project_data, name="project_data"),
    path("projects/<slug:slug>/data/fragment/", views.project_fragment, name="project_fragment"),
    path("projects/<slug:slug>/data/upload/", views.dataset_upload, name="dataset_upload"),
]
