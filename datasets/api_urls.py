from django.urls import path

from datasets import api, api_catalogue, api_uploads

urlpatterns = [
    path("catalogue", api_catalogue.Catalogue.as_view(), name="api_catalogue"),
    path("access-requests/<int:pk>/decision", api_catalogue.AccessDecision.as_view(), name="api_access_decision"),
    path("datasets/<uuid:pk>/access-requests", api_catalogue.AccessRequests.as_view(), name="api_access_requests"),
    path("datasets/<uuid:pk>/datasheet", api_catalogue.Datasheet.as_view(), name="api_datasheet"),
    path("datasets", api.DatasetList.as_view(), name="api_datasets"),
    path("datasets/<uuid:pk>/versions", api.DatasetVersions.as_view(), name="api_dataset_versions"),
    path("projects/<slug:slug>/datasets", api.ProjectDatasets.as_view(), name="api_project_datasets"),
    path("projects/<slug:slug>/uploads", api_uploads.ProjectUploads.as_view(), name="api_project_uploads"),
    path("uploads/<uuid:pk>", api_uploads.UploadDetail.as_view(), name="api_upload"),
    path("uploads/<uuid:pk>/finish", api_uploads.UploadFinish.as_view(), name="api_upload_finish"),
    path("versions/<uuid:pk>", api.VersionDetail.as_view(), name="api_version"),
    path("versions/<uuid:pk>/report", api.VersionReport.as_view(), name="api_version_report"),
    path("versions/<uuid:pk>/header", api.VersionHeader.as_view(), name="api_version_header"),
    path("versions/<uuid:pk>/columns", api.VersionColumns.as_view(), name="api_version_columns"),
    path("versions/<uuid:pk>/target", api.VersionTarget.as_view(), name="api_version_target"),
    path("versions/<uuid:pk>/findings/<int:finding>/keep", api.FindingKeep.as_view(), name="api_finding_keep"),
    path("versions/<uuid:pk>/findings/<int:finding>/act", api.FindingAct.as_view(), name="api_finding_act"),
    path("versions/<uuid:pk>/merges/<int:merge>", api.MergeDetail.as_view(), name="api_merge"),
    path("versions/<uuid:pk>/seal", api.VersionSeal.as_view(), name="api_version_seal"),
    path("versions/<uuid:pk>/certificate", api.Certificate.as_view(), name="api_certificate"),
    path("versions/<uuid:pk>/download", api_catalogue.Download.as_view(), name="api_download"),
    path("versions/<uuid:pk>/splits/<slug:part>", api.Split.as_view(), name="api_split"),
]
