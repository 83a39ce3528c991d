"""What people type and choose about criteria, runs and looks, turned into what services take."""

from evaluations.forms.criteria import CriterionForm, PaidForm, ResultDecisionForm
from evaluations.forms.runs import (
    ForecastForm,
    GuessForm,
    LabelQuestionForm,
    LadderForm,
    LookForm,
    OpeningForm,
    OperatingForm,
    PredictForm,
    PredictionsForm,
    RowsForm,
    SpreadForm,
)

__all__ = [
    "CriterionForm",
    "ForecastForm",
    "GuessForm",
    "LabelQuestionForm",
    "LadderForm",
    "LookForm",
    "OpeningForm",
    "OperatingForm",
    "PaidForm",
    "PredictForm",
    "PredictionsForm",
    "ResultDecisionForm",
    "RowsForm",
    "SpreadForm",
]
