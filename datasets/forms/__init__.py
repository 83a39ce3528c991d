"""What people type and choose about data, turned into what services take."""

from datasets.forms.catalogue import (
    AskForm,
    CatalogueForm,
    DecideForm,
    DepositForm,
    ListingForm,
    ReasonForm,
    SheetForm,
    UseForm,
    WantedAnswerForm,
    WantedForm,
)
from datasets.forms.plans import LabelPlanForm
from datasets.forms.versions import (
    DatasetUploadForm,
    FreshForm,
    GateForm,
    GrantForm,
    HeaderForm,
    KeepForm,
    KindsForm,
    LimitsForm,
    SplitForm,
    TargetForm,
)

__all__ = [
    "AskForm",
    "CatalogueForm",
    "DatasetUploadForm",
    "DecideForm",
    "DepositForm",
    "FreshForm",
    "GateForm",
    "GrantForm",
    "HeaderForm",
    "KeepForm",
    "KindsForm",
    "LabelPlanForm",
    "LimitsForm",
    "ListingForm",
    "ReasonForm",
    "SheetForm",
    "SplitForm",
    "TargetForm",
    "UseForm",
    "WantedAnswerForm",
    "WantedForm",
]
