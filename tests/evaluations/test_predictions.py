"""Unlabelled rows come in, answers go out, and what came is thrown away."""

import csv
import io

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from dlstart_web.kit.jobs import JobState
from evaluations.models import Prediction
from projects.models import Membership
from tests.factories import do_predictions, make_done_ladder, make_user

pytestmark = pytest.mark.django_db
BIG, SMALL = "14.0,15.0,red,belt 1", "2.0,3.0,red,belt 1"


def owner_of(project):
    return project.team.memberships.get(role=Membership.Role.OWNER, left_at=None).user


def sent(client, project, content, name="new.csv"):
    file = SimpleUploadedFile(name, content.encode())
    return client.post(reverse("evaluations:predict", args=[project.slug]), {"file": file})


def test_rows_are_predicted_in_their_order_and_the_upload_is_thrown_away(client, sign_in):
    project = make_done_ladder(only=("always_same", "linear")).project
    sign_in(owner_of(project))
    before = set(settings.QUARANTINE.iterdir())

    assert sent(client, project, f"width,height,colour,belt\n{BIG}\n{SMALL}\n").status_code == 302
    assert sent(client, project, "width,height\n1,2\n").status_code == 302
    assert sent(client, project, "").status_code == 422
    do_predictions()

    refused, done = Prediction.objects.order_by("-queued_at")
    answer = client.get(reverse("evaluations:prediction_download", args=[done.pk]))
    lines = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [(line["id"], line["prediction"]) for line in lines] == [("0", "yes"), ("1", "no")]
    assert [float(line["score_no"]) + float(line["score_yes"]) for line in lines] == pytest.approx([1, 1], abs=1e-5)
    assert (done.state, done.rows, done.run.recipe) == (JobState.DONE, 2, "linear")
    assert (refused.state, refused.problem) == (
        JobState.FAILED,
        "The file lacks the columns belt, colour that the model was fitted on.",
    )
    assert set(settings.QUARANTINE.iterdir()) == before
    page = client.get(reverse("evaluations:predict", args=[project.slug])).content.decode()
    assert "new.csv" in page
    assert refused.problem in page
    assert client.get(reverse("evaluations:prediction_download", args=[refused.pk])).status_code == 404

    sign_in(make_user())
    assert client.get(reverse("evaluations:prediction_download", args=[done.pk])).status_code == 403
