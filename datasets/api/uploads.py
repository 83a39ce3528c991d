"""Uploads in pieces, after the tus protocol 1.0 (https://tus.io): a file that broke off goes on from where it was."""

import base64
import binascii
from io import BytesIO
from typing import Any
from uuid import UUID

from django.http import Http404
from django.urls import reverse
from django.utils.http import http_date
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from datasets import permissions, services
from datasets.api.versions import accepted, refusals
from datasets.models import Upload
from datasets.serializers import versions as serializers
from dlstart_web.kit.api import Problem
from projects.http import ApiRequest
from projects.permissions import Role, get_project_or_404

TUS = "1.0.0"
PIECE = "application/offset+octet-stream"


def header(name: str, words: str, kind: Any = OpenApiTypes.INT, *, required: bool = True) -> OpenApiParameter:
    return OpenApiParameter(name, kind, OpenApiParameter.HEADER, required=required, description=words)


class TusView(APIView):
    """What all addresses of uploads share: the version of the protocol in every answer."""

    parser_classes = [JSONParser]

    @property
    def default_response_headers(self) -> dict[str, str]:
        return super().default_response_headers | {"Tus-Resumable": TUS, "Cache-Control": "no-store"}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.headers.get("Tus-Resumable", TUS) != TUS:
            words = f"Uploads speak version {TUS} of the tus protocol."
            raise Problem("tus-version", words, status=412, headers={"Tus-Version": TUS})

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """What the server speaks."""
        can = {"Tus-Version": TUS, "Tus-Extension": "creation,expiration,termination"}
        return Response(status=status.HTTP_204_NO_CONTENT, headers=can)


def whole_number(request: ApiRequest, name: str) -> int:
    """The header of this name; 422 where it is missing or no number of bytes."""
    value = request.headers.get(name, "")
    if not (value.isascii() and value.isdecimal() and len(value) < 16):
        raise Problem("header", f"The header {name} is a whole number of bytes.", where=name, found=value[:40])
    return int(value)


def file_name_of(request: ApiRequest) -> str:
    """The word after `filename` in Upload-Metadata, which is base64."""
    for pair in request.headers.get("Upload-Metadata", "").split(","):
        key, _, value = pair.strip().partition(" ")
        if key == "filename":
            try:
                return base64.b64decode(value, validate=True).decode()
            except (binascii.Error, UnicodeDecodeError):
                words = "Upload-Metadata names the file as `filename` and its name in base64."
                raise Problem("header", words, where="Upload-Metadata", found=value[:40]) from None
    return "upload"


def where(upload: Upload) -> dict[str, str]:
    """How far an upload is, as headers."""
    return {
        "Upload-Offset": str(upload.offset),
        "Upload-Length": str(upload.size),
        "Upload-Expires": http_date(upload.expires_at.timestamp()),
    }


class ProjectUploads(TusView):
    """Uploads for a project."""

    @extend_schema(
        operation_id="uploads_create",
        request=None,
        parameters=[
            header("Upload-Length", "Bytes of the file."),
            header("Upload-Metadata", "`filename` and its name in base64.", OpenApiTypes.STR, required=False),
        ],
        responses={201: serializers.UploadSerializer},
    )
    def post(self, request: ApiRequest, slug: str) -> Response:
        """Begin an upload in pieces; its address comes in `Location`. It waits a day for each next piece."""
        project = get_project_or_404(request.user, slug, role=Role.MEMBER)
        size, file_name = whole_number(request, "Upload-Length"), file_name_of(request)
        with refusals():
            upload = services.create_upload(project=project, user=request.user, file_name=file_name, size=size)
        headers = where(upload) | {"Location": reverse("api_upload", args=[upload.pk])}
        return Response(serializers.UploadSerializer(upload).data, status.HTTP_201_CREATED, headers=headers)


class UploadDetail(TusView):
    """One upload in pieces; only who began it finds it."""

    @extend_schema(operation_id="upload_status", responses=serializers.UploadSerializer)
    def get(self, request: ApiRequest, pk: UUID) -> Response:
        """How far it is; HEAD says the same in headers alone."""
        upload = permissions.get_upload_or_404(request.user, pk)
        return Response(serializers.UploadSerializer(upload).data, headers=where(upload))

    @extend_schema(
        operation_id="upload_append",
        request={PIECE: OpenApiTypes.BINARY},
        parameters=[header("Upload-Offset", "How many bytes are there; 409 where that is not so.")],
        responses={204: None},
    )
    def patch(self, request: ApiRequest, pk: UUID) -> Response:
        """Send the next bytes, 8 MB at a time; what arrived before a break is kept."""
        upload = permissions.get_upload_or_404(request.user, pk)
        if request.content_type != PIECE:
            raise UnsupportedMediaType(request.content_type)
        length = whole_number(request, "Content-Length")
        with refusals():
            upload = services.append_upload(
                upload=upload,
                offset=whole_number(request, "Upload-Offset"),
                length=length,
                source=request.stream or BytesIO(),
            )
        return Response(status=status.HTTP_204_NO_CONTENT, headers=where(upload))

    @extend_schema(operation_id="upload_drop", responses={204: None})
    def delete(self, request: ApiRequest, pk: UUID) -> Response:
        """Give it up; its bytes are gone."""
        services.drop_upload(upload=permissions.get_upload_or_404(request.user, pk))
        return Response(status=status.HTTP_204_NO_CONTENT)


class UploadFinish(TusView):
    """The end of an upload."""

    @extend_schema(
        operation_id="upload_finish",
        request=serializers.FinishRequest,
        responses={202: serializers.VersionSerializer},
    )
    def post(self, request: ApiRequest, pk: UUID) -> Response:
        """All bytes are here: read the file as a new data set or the next version of one. Repeating it is harmless."""
        upload = permissions.get_upload_or_404(request.user, pk)
        sent = serializers.FinishRequest(data=request.data)
        sent.is_valid(raise_exception=True)
        given = sent.validated_data
        if key := given.pop("dataset", None):
            given["dataset"] = upload.project.datasets.filter(pk=key).first()
            if given["dataset"] is None:
                raise Http404("No data of this project under this id.")
        with refusals():
            return accepted(services.finish_upload(upload=upload, user=request.user, **given))
