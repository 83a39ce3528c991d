"""What the forms about data offer before anybody chose."""

import pytest

from datasets.forms.versions import TargetForm, choosable
from datasets.models import DatasetVersion


@pytest.mark.parametrize(
    ("kinds", "target"),
    [
        ({"name": "id", "picture": "picture", "label": "category"}, "label"),
        ({"name": "id", "sound": "sound", "label": "category"}, "label"),
        ({"size": "number", "label": "category"}, ""),
        ({"name": "id", "picture": "picture", "species": "category"}, ""),
    ],
)
def test_the_label_of_an_archive_is_chosen_beforehand(kinds, target):
    columns = [{"name": name, "kind": kind} for name, kind in kinds.items()]

    form = TargetForm(version=DatasetVersion(columns=columns))

    assert form.initial["target"] == target


def test_a_picture_stays_one_or_is_left_out():
    assert choosable("picture") == ["picture", "ignore"]
    assert choosable("number")[0] == "number"
    assert "picture" not in choosable("number")
