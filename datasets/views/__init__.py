"""Pages of data: upload, report, target, split, seal, certificate. Each asks permission first; workers do the work."""

from datasets.views.catalogue import (
    dataset_deposit,
    dataset_detail,
    dataset_list,
    dataset_listing,
    dataset_remove,
    home_fragment,
    shape_fragment,
)
from datasets.views.certificates import certificate, certificate_download, part_download
from datasets.views.columns import version_columns, version_header
from datasets.views.figures import (
    balance_chart,
    column_chart,
    column_figures,
    version_download,
    version_figures,
    wall_piece,
)
from datasets.views.findings import label_merge, version_finding
from datasets.views.fresh import fresh_deposit
from datasets.views.gates import look_gate, look_grant, look_limits, next_look
from datasets.views.lab import peeking_lab
from datasets.views.lists import project_data, project_fragment
from datasets.views.plans import label_plan
from datasets.views.sharing import (
    access_ask,
    access_decide,
    dataset_use,
    wanted_answer,
    wanted_create,
    wanted_detail,
)
from datasets.views.sheets import datasheet, datasheet_answer
from datasets.views.uploads import dataset_upload
from datasets.views.versions import (
    version_detail,
    version_seal,
    version_split,
    version_status,
    version_target,
)

__all__ = [
    "access_ask",
    "access_decide",
    "balance_chart",
    "certificate",
    "certificate_download",
    "column_chart",
    "column_figures",
    "dataset_deposit",
    "dataset_detail",
    "dataset_list",
    "dataset_listing",
    "dataset_remove",
    "dataset_upload",
    "dataset_use",
    "datasheet",
    "datasheet_answer",
    "fresh_deposit",
    "home_fragment",
    "label_merge",
    "label_plan",
    "look_gate",
    "look_grant",
    "look_limits",
    "next_look",
    "part_download",
    "peeking_lab",
    "project_data",
    "project_fragment",
    "shape_fragment",
    "version_columns",
    "version_detail",
    "version_download",
    "version_figures",
    "version_finding",
    "version_header",
    "version_seal",
    "version_split",
    "version_status",
    "version_target",
    "wall_piece",
    "wanted_answer",
    "wanted_create",
    "wanted_detail",
]
