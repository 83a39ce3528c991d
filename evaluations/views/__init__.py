"""Pages of criterion, ladder, leaderboard, looks, opening, verdict and report. Each asks permission first."""

from evaluations.views.criteria import criterion
from evaluations.views.final import opening, opening_agree, opening_retry, report, verdict
from evaluations.views.forecasts import run_forecast, run_forecast_figure
from evaluations.views.inspections import run_inspection, run_label_question
from evaluations.views.ladders import ladder, ladder_cancel, ladder_fragment, ladder_run, leaderboard, surprise_list
from evaluations.views.looks import look, look_fragment, look_list
from evaluations.views.operating import operating_point
from evaluations.views.predictions import predict, prediction_download
from evaluations.views.runs import jobs_fragment, run_cancel, run_detail, run_figure, run_fragment, run_retry
from evaluations.views.takeaway import run_card, run_model, run_script, run_takeaway

__all__ = [
    "criterion",
    "jobs_fragment",
    "ladder",
    "ladder_cancel",
    "ladder_fragment",
    "ladder_run",
    "leaderboard",
    "look",
    "look_fragment",
    "look_list",
    "opening",
    "opening_agree",
    "opening_retry",
    "operating_point",
    "predict",
    "prediction_download",
    "report",
    "run_cancel",
    "run_card",
    "run_detail",
    "run_figure",
    "run_forecast",
    "run_forecast_figure",
    "run_fragment",
    "run_inspection",
    "run_label_question",
    "run_model",
    "run_retry",
    "run_script",
    "run_takeaway",
    "surprise_list",
    "verdict",
]
