"""The sums of labelling, worked by hand."""

import pytest

from datasets.core.plan import agreement_margin, plan_labels, rows_for_final, rows_within


def test_every_row_by_two_people():
    plan = plan_labels(rows=4_000, have=0, each=0.10, double_share=1.0)

    assert (plan.missing, plan.doubled, plan.labels) == (4_000, 4_000, 8_000)
    assert plan.cost == pytest.approx(800)


def test_a_fifth_by_three_people_and_some_rows_there():
    plan = plan_labels(rows=1_500, have=500, each=0.25, double_share=0.2, people=3)

    assert (plan.missing, plan.doubled, plan.labels) == (1_000, 200, 1_400)
    assert plan.cost == pytest.approx(350)


def test_nothing_is_missing():
    plan = plan_labels(rows=300, have=500, each=2, double_share=0.5)

    assert (plan.missing, plan.doubled, plan.labels, plan.cost) == (0, 0, 0, 0)


def test_margin_of_the_agreement():
    assert agreement_margin(100, 0.9) == pytest.approx(0.0588, abs=1e-4)
    assert agreement_margin(0, 0.9) is None


@pytest.mark.parametrize(("final", "rows"), [(100, 500), (599, 2_995), (600, 6_000), (601, 6_010)])
def test_rows_for_a_final_part(final, rows):
    assert rows_for_final(final) == rows


def test_rows_within_a_margin():
    assert rows_within(0.95, 0.01) == 1825
    assert rows_within(0.5, 0.1) == 97
