"""Uploads go to a file as they come; one that is too large is turned away before it fills the disk."""

from django.conf import settings
from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler

FORM_SLACK = 2**20  # the other fields of the form, and the boundaries


class LimitedFileUploadHandler(TemporaryFileUploadHandler):
    """Sets `request.upload_refused` to the size of a request that is over the limit, and drops what comes."""

    def handle_raw_input(self, input_data, META, content_length, boundary, encoding=None):
        if content_length > settings.LIMITS["upload"] + FORM_SLACK:
            setattr(self.request, "upload_refused", content_length)  # noqa: B010 (the request has no such field of its own)

    def new_file(self, *args, **kwargs):
        if upload_refused(self.request):
            raise StopUpload(connection_reset=False)  # the browser must be able to read the answer
        super().new_file(*args, **kwargs)


def upload_refused(request) -> int | None:
    """Bytes of an upload that was turned away for its size."""
    return getattr(getattr(request, "_request", request), "upload_refused", None)
