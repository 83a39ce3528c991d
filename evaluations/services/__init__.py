"""What people change in evaluations: ladders, runs, looks, the final opening. Refused in words; work starts after the commit."""

from evaluations.services.handing_in import hand_in_predictions, hand_in_rows, ladder_to_join, version_to_predict
from evaluations.services.ladders import cancel_ladder, cancel_run, check_rule, retry_run, run_ladder
from evaluations.services.looks import (
    agree_opening,
    ask_opening,
    hand_in_again,
    keep_point,
    retry_submission,
    spend_look,
)
from evaluations.services.problems import REFUSALS, OutOfTurn, TooManyRefused
from evaluations.services.questions import ask_forecast, ask_inspection, ask_labeller, ask_prediction
from evaluations.services.remedies import ask_spread, try_remedy
from evaluations.services.results import decide_result, note_outcome

__all__ = [
    "REFUSALS",
    "OutOfTurn",
    "TooManyRefused",
    "agree_opening",
    "ask_forecast",
    "ask_inspection",
    "ask_labeller",
    "ask_opening",
    "ask_prediction",
    "ask_spread",
    "cancel_ladder",
    "cancel_run",
    "check_rule",
    "decide_result",
    "hand_in_again",
    "hand_in_predictions",
    "hand_in_rows",
    "keep_point",
    "ladder_to_join",
    "note_outcome",
    "retry_run",
    "retry_submission",
    "run_ladder",
    "spend_look",
    "try_remedy",
    "version_to_predict",
]
