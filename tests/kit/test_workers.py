from datetime import timedelta

import pytest
from django.utils import timezone

from dlstart_web.kit import workers
from dlstart_web.kit.models import WorkerSign

pytestmark = pytest.mark.django_db


def test_workers_count_as_long_as_they_give_signs():
    now = timezone.now()
    workers.sign("one", now - timedelta(days=2))
    workers.sign("two", now - timedelta(minutes=3))
    workers.sign("three", now - timedelta(seconds=5))
    workers.sign("three", now)

    assert workers.answering(now) == 1
    assert sorted(WorkerSign.objects.values_list("name", flat=True)) == ["three", "two"]
