"""Pages of data: upload, report, target, split, seal, certificate. Each asks permission first; workers do the work."""

from datasets.views.certificates import certificate, part_download
from datasets.views.columns import version_columns
from datasets.views.gates import look_gate
from datasets.views.lists import dataset_list, project_data, project_fragment
from datasets.views.uploads import dataset_upload
from datasets.views.versions import (
    version_detail,
    version_finding,
    version_seal,
    version_split,
    version_status,
    version_target,
)

__all__ = [
    "certificate",
    "dataset_list",
    "dataset_upload",
    "look_gate",
    "part_download",
    "project_data",
    "project_fragment",
    "version_columns",
    "version_detail",
    "version_finding",
    "version_seal",
    "version_split",
    "version_status",
    "version_target",
]
