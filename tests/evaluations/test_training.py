"""What a worker does with a run, called as Celery calls it."""

import numpy as np
import pytest
from django.conf import settings

from dlstart_web.kit.jobs import JobState
from evaluations import services, training
from evaluations.models import CurvePoint, Run
from projects.models import Project
from tests.factories import do_runs, make_done_ladder, make_ladder, make_sealed_version

pytestmark = pytest.mark.django_db


def test_ladder_ends_with_scores_ranks_and_curves():
    ladder = make_done_ladder()

    runs = list(ladder.runs.order_by("rung"))
    assert [run.recipe for run in runs] == ["always_same", "linear", "forest", "boosting", "network"]
    assert [run.problem for run in runs] == [""] * 5
    assert {run.state for run in runs} == {JobState.DONE}
    for run in runs:
        assert run.low <= run.score <= run.high
        assert run.rows_validation == ladder.version.seal.parts["validation"]
        assert run.rank >= 1
        assert run.points.exists()
        assert len(run.predictions_digest) == 64
    dummy, linear = runs[0], runs[1]
    assert linear.score > dummy.score
    assert dummy.rank > 1
    assert dummy.diagnosis is None
    assert linear.diagnosis["code"]
    assert Project.objects.get(pk=ladder.project_id).reached == Project.Step.DEEP
