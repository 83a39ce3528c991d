from django.urls import path

from datasets.api import catalogue, fresh, uploads, versions

urlpatterns = [
    path("catalogue", catalogue.Catalogue.as_view(), name="api_catalogue"),
    path("access-requests/<int:pk>/decision", catalogue.AccessDecision.as_view(), name="api_access_decision"),
    path("datasets/<uuid:pk>/access-requests", catalogue.AccessRequests.as_view(), name="api_access_requests"),
    path("datasets/<uuid:pk>/datasheet", catalogue.Datasheet.as_view(), name="api_datasheet"),
    path("datasets", versions.DatasetList.as_view(), name="api_datasets"),
    path("datasets/<uuid:pk>/versions", versions.DatasetVersions.as_view(), name="api_dataset_versions"),
    path("projects/<slug:slug>/datasets", versions.ProjectDatasets.as_view(), name="api_project_datasets"),
    path("projects/<slug:slug>/fresh-sets", fresh.FreshSets.as_view(), name="api_fresh_sets"),
    path("fresh-deposits/<uuid:pk>", fresh.FreshDepositDetail.as_view(), name="api_fresh_deposit"),
    path("projects/<slug:slug>/uploads", uploads.ProjectUploads.as_view(), name="api_project_uploads"),
    path("uploads/<uuid:pk>", uploads.UploadDetail.as_view(), name="api_upload"),
    path("uploads/<uuid:pk>/finish", uploads.UploadFinish.as_view(), name="api_upload_finish"),
    path("versions/<uuid:pk>", versions.VersionDetail.as_view(), name="api_version"),
    path("versions/<uuid:pk>/report", versions.VersionReport.as_view(), name="api_version_report"),
    path("versions/<uuid:pk>/header", versions.VersionHeader.as_view(), name="api_version_header"),
    path("versions/<uuid:pk>/columns", versions.VersionColumns.as_view(), name="api_version_columns"),
    path("versions/<uuid:pk>/target", versions.VersionTarget.as_view(), name="api_version_target"),
    path("versions/<uuid:pk>/findings/<int:finding>/keep", versions.FindingKeep.as_view(), name="api_finding_keep"),
    path("versions/<uuid:pk>/findings/<int:finding>/act", versions.FindingAct.as_view(), name="api_finding_act"),
    path("versions/<uuid:pk>/merges/<int:merge>", versions.MergeDetail.as_view(), name="api_merge"),
    path("versions/<uuid:pk>/seal", versions.VersionSeal.as_view(), name="api_version_seal"),
    path("versions/<uuid:pk>/certificate", versions.Certificate.as_view(), name="api_certificate"),
    path("versions/<uuid:pk>/download", catalogue.Download.as_view(), name="api_download"),
    path("versions/<uuid:pk>/splits/<slug:part>", versions.Split.as_view(), name="api_split"),
]
