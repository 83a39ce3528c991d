"""What a run looks at: the columns that matter come first, rows are for the team, and a label can be asked about."""

import pytest
from django.urls import reverse

from dlstart_web.kit.jobs import JobState
from evaluations.models import Inspection, LabelQuestion
from projects.models import Membership
from tests.factories import do_inspections, make_done_ladder, make_user

pytestmark = pytest.mark.django_db


def owner_of(project):
    return project.team.memberships.get(role=Membership.Role.OWNER, left_at=None).user


def test_columns_that_matter_come_first_and_rows_are_for_the_team(client, sign_in):
    run = make_done_ladder(only=("linear",)).runs.get()
    page = reverse("evaluations:run_inspection", args=[run.pk])
    ask = reverse("evaluations:run_label_question", args=[run.pk])
    sign_in(owner_of(run.project))
    assert "Nobody asked yet" in client.get(page).content.decode()

    client.post(page)
    client.post(page)
    assert Inspection.objects.count() == 1  # the second click saw the first
    do_inspections()

    done = Inspection.objects.get()
    columns = done.result["importance"]["columns"]
    assert (done.state, {each["column"] for each in columns[:2]}) == (JobState.DONE, {"width", "height"})
    assert all(each["low"] <= each["mean"] <= each["high"] for each in columns)
    rising = {each["column"]: each for each in done.result["dependence"]}["width"]
    assert (rising["of"], rising["values"][-1] > rising["values"][0] + 0.2) == ("yes", True)
    wrong = done.result["wrong"]
    assert all(row["truth"] != row["answer"] and row["loss"] < 0.5 for row in wrong)
    assert wrong[0]["loss"] == min(row["loss"] for row in wrong)
    assert dict(wrong[0]["cells"]).keys() == {"width", "height", "colour", "belt"}

    client.post(ask, {"row": wrong[0]["row"], "note": "This is a bowl."})
    client.post(ask, {"row": 10**6})
    assert [(q.row, q.note) for q in LabelQuestion.objects.all()] == [(wrong[0]["row"], "This is a bowl.")]
    shown = client.get(page).content.decode()
    assert "This is a bowl." in shown
    assert f"Row {wrong[0]['row']}: label" in shown

    sign_in(make_user())
    shown = client.get(page).content.decode()
    assert "most: without it, it does worst" in shown
    assert f"Row {wrong[0]['row']}: label" not in shown
    assert "This is a bowl." not in shown
    assert client.post(ask, {"row": 1}).status_code == 403
