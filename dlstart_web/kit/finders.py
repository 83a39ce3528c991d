"""Static files that live inside other packages."""

from importlib.util import find_spec
from pathlib import Path

from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage


class PlotlyFinder(BaseFinder):
    """Serves `plotly/plotly.min.js` out of plotly's own wheel, without importing plotly."""

    def __init__(self, app_names=None, *args, **kwargs) -> None:
        package = find_spec("plotly")
        assert package is not None
        assert package.origin is not None
        self.storage = FileSystemStorage(location=Path(package.origin).parent / "package_data")
        self.storage.prefix = "plotly"  # type: ignore[attr-defined]

    def find(self, path: str, find_all: bool = False, **kwargs):
        found = self.storage.path("plotly.min.js") if path == "plotly/plotly.min.js" else None
        return ([found] if found else []) if find_all else (found or [])

    def list(self, ignore_patterns):
        yield "plotly.min.js", self.storage
