"""What the encoder keeps of text, pictures and sounds: how their columns become numbers, fitted on train only."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dlstart_web.kit.say import say
from evaluations.core import pictures, sounds

Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Medium:
    """One column of pictures or sounds; side and channels are 0 for sounds."""

    source: str
    kind: str
    side: int = 0
    channels: int = 0

    @classmethod
    def fit(cls, source: str, kind: str, cells: pl.Series) -> "Medium":
        """Choose the size that the train rows ask for."""
        return cls(source, kind, *pictures.shape_of(cells)) if kind == "picture" else cls(source, kind)

    @property
    def width(self) -> int:
        """How many numbers a cell becomes."""
        return pictures.width_of(self.side, self.channels) if self.kind == "picture" else sounds.WIDTH

    @property
    def note(self) -> str:
        """What happened to the cells on the way, in words."""
        if self.kind == "sound":
            return say(
                "Sounds are read as {width} figures of their first {SECONDS} seconds.",
                width=self.width,
                SECONDS=sounds.SECONDS,
            )
        colours = say("in colour") if self.channels == 3 else say("in grey")
        return say(
            "Pictures are read {colours} at {side} x {side} pixels; simple rungs see {width} figures.",
            colours=colours,
            side=self.side,
            width=self.width,
        )

    def numbers(self, cells: pl.Series) -> tuple[Matrix, pictures.Pixels | None]:
        """The figures of each cell and, of pictures, the pixels too."""
        if self.kind == "sound":
            return sounds.mel_figures(cells), None
        tensor = pictures.pixels(cells, self.side, self.channels)
        figures = pictures.gradient_cells(tensor)
        figures[cells.is_null().to_numpy()] = np.nan
        return figures, tensor

    def as_dict(self) -> dict[str, Any]:
        """The medium as JSON-able fields."""
        return dict(vars(self))
