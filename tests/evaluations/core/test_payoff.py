"""What decisions are worth: the figures that were worked by hand."""

import pytest

from evaluations.core.payoff import Payoff, guard_rail_value

YEAR = 10_000
WORKED = Payoff(prevalence=0.05, gain_hit=80, gain_rest=0, cost_alarm=5, cost_miss=20)


def test_payoff_gives_the_worked_figures():
    assert YEAR * WORKED.oracle == pytest.approx(40_000)
    assert YEAR * WORKED.always_no == pytest.approx(-10_000)
    assert YEAR * WORKED.always_yes == pytest.approx(-7_500)
    assert YEAR * WORKED.speed_of_light == pytest.approx(47_500)
    assert YEAR * WORKED.value(0.7, 0.04) == pytest.approx(23_100)
    assert WORKED.captured(0.7, 0.04) == pytest.approx(0.6442, abs=1e-4)
    assert WORKED.break_even == pytest.approx(0.5128, abs=1e-4)
    assert WORKED.threshold == pytest.approx(0.0476, abs=1e-4)


def test_running_cost_and_todays_process_move_what_is_captured():
    dearer = Payoff(prevalence=0.05, gain_hit=80, cost_alarm=5, cost_miss=20, running=0.5, today=1.0)

    assert dearer.current == 1.0
    assert dearer.value(0.7, 0.04) == pytest.approx(2.31 - 0.5)
    assert dearer.captured(0.7, 0.04) == pytest.approx((1.81 - 1) / 3)
    assert dearer.break_even > WORKED.break_even


def test_nothing_to_gain_is_said_and_not_divided_by():
    idle = Payoff(prevalence=0.5, cost_alarm=0, cost_miss=0)

    assert (idle.captured(0.5, 0.5), idle.break_even, idle.threshold) == (None, None, None)


def test_guard_rail_pays_or_costs():
    assert guard_rail_value(0.05 * 0.6, 200, 0.04, 15) == pytest.approx(5.4)
    assert guard_rail_value(0.0, 200, 0.04, 15) == pytest.approx(-0.6)
