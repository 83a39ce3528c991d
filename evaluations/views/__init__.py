"""Pages of criterion, ladder, leaderboard, looks, opening, verdict and report. Each asks permission first."""

from evaluations.views.criteria import criterion
from evaluations.views.final import opening, opening_agree, opening_retry, verdict
from evaluations.views.forecasts import run_forecast, run_forecast_figure
from evaluations.views.foresight import review_foresight
from evaluations.views.fresh import fresh_agree, fresh_predictions, fresh_retry, fresh_set
from evaluations.views.handing_in import hand_in, inputs_download
from evaluations.views.home import home
from evaluations.views.inspections import run_inspection, run_label_question
from evaluations.views.ladders import ladder, ladder_cancel, ladder_fragment, ladder_run, leaderboard, surprise_list
from evaluations.views.looks import best_again, look, look_fragment, look_list
from evaluations.views.operating import operating_point
from evaluations.views.portfolio import portfolio, portfolio_compare, portfolio_download
from evaluations.views.predictions import predict, prediction_download
from evaluations.views.reports import report, report_appendix, report_data, report_text
from evaluations.views.results import gates, result_decide, result_paid
from evaluations.views.runs import (
    jobs_fragment,
    run_cancel,
    run_detail,
    run_figure,
    run_fragment,
    run_remedy,
    run_retry,
    run_spread,
    run_spread_figure,
)
from evaluations.views.takeaway import run_card, run_model, run_script, run_takeaway

__all__ = [
    "best_again",
    "criterion",
    "fresh_agree",
    "fresh_predictions",
    "fresh_retry",
    "fresh_set",
    "gates",
    "hand_in",
    "home",
    "inputs_download",
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
    "portfolio",
    "portfolio_compare",
    "portfolio_download",
    "predict",
    "prediction_download",
    "report",
    "report_appendix",
    "report_data",
    "report_text",
    "result_decide",
    "result_paid",
    "review_foresight",
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
    "run_remedy",
    "run_retry",
    "run_script",
    "run_spread",
    "run_spread_figure",
    "run_takeaway",
    "surprise_list",
    "verdict",
]
