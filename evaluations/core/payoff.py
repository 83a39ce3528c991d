"""What decisions are worth: gains and losses of each answer, the speed of light, and what a model captures of it.

All values are in the money (or other unit) of the costs that were typed in (STATISTICS 6). Web-safe: no arrays.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Payoff:
    """What a decision is worth. Losses and costs are typed as positive numbers.

    Parameters
    ----------
    prevalence : float
        Share of true yes rows, in [0, 1].
    gain_hit, gain_rest : float
        Gain of a found yes (v_tp) and of a no that is left alone (v_tn).
    cost_alarm, cost_miss : float
        Loss of a false alarm (c_fp) and of a missed yes (c_fn).
    running : float
        Cost of running the model, a decision (c_m).
    today : float, optional
        Value a decision of today's process; the better of "always no" and "always yes" where left out.
    """

    prevalence: float
    gain_hit: float = 0.0
    gain_rest: float = 0.0
    cost_alarm: float = 1.0
    cost_miss: float = 1.0
    running: float = 0.0
    today: float | None = None

    def gross(self, found: float, alarms: float) -> float:
        """Value a decision before running costs, at recall `found` and false alarm rate `alarms`."""
        yes = found * self.gain_hit - (1 - found) * self.cost_miss
        no = (1 - alarms) * self.gain_rest - alarms * self.cost_alarm
        return self.prevalence * yes + (1 - self.prevalence) * no

    def value(self, found: float, alarms: float) -> float:
        """V of STATISTICS 6: value a decision of a model, its running cost taken off."""
        return self.gross(found, alarms) - self.running

    @property
    def oracle(self) -> float:
        """Perfect answers that cost nothing."""
        return self.gross(1, 0)

    @property
    def always_no(self) -> float:
        return self.gross(0, 0)

    @property
    def always_yes(self) -> float:
        return self.gross(1, 1)

    @property
    def current(self) -> float:
        """Today's process, or the better of the two answers that need no model."""
        return max(self.always_no, self.always_yes) if self.today is None else self.today

    @property
    def speed_of_light(self) -> float:
        """The most that any model could add, a decision."""
        return self.oracle - self.current

    def captured(self, found: float, alarms: float) -> float | None:
        """The share of the speed of light that a model gets; None where there is nothing to gain."""
        return (self.value(found, alarms) - self.current) / self.speed_of_light if self.speed_of_light > 0 else None

    @property
    def break_even(self) -> float | None:
        """a*: the accuracy, alike on yes and no, from which a model pays; None where all answers are worth the same."""
        worst = self.gross(0, 1)
        return (self.current + self.running - worst) / (self.oracle - worst) if self.oracle > worst else None

    @property
    def threshold(self) -> float | None:
        """t*: say yes from this probability on, if the probabilities are calibrated (Elkan 2001)."""
        no, yes = self.cost_alarm + self.gain_rest, self.cost_miss + self.gain_hit
        return no / (no + yes) if no + yes > 0 else None


def guard_rail_value(caught: float, cost_error: float, trips: float, cost_handling: float) -> float:
    """Value a decision of a guard rail: errors it catches, less the work its trips make.

    Parameters
    ----------
    caught, trips : float
        Shares of all decisions: wrong and caught; tripped for whatever reason.
    cost_error, cost_handling : float
        Of an error that gets through, and of one trip.
    """
    return caught * cost_error - trips * cost_handling
