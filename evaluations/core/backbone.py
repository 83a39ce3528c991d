"""A network that was trained elsewhere, from an ONNX file on disk: pictures in, figures out. ONNX Runtime is loaded lazily."""

import hashlib
import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dlstart_web.kit.say import say
from evaluations.core.errors import EvaluationProblem

Pixels = NDArray[np.uint8]

NO_RUNTIME = say("ONNX Runtime is not installed here; the administrator can add it with pip install 'dlstart[onnx]'.")
SIDE = 224
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, where the folder says nothing else
AT_ONCE = 64


class Backbone:
    """The one ONNX file of a folder, with how it wants its pictures.

    The folder is laid out as model hubs do: `model.onnx`, or one such file in a folder below, and beside it
    `preprocessor_config.json` with `image_mean`, `image_std` and `size`. The file takes (n, 3, height, width) and its first
    output is read: averaged over space or tokens where it has them.

    Raises
    ------
    EvaluationProblem
        ONNX Runtime is absent, the folder does not hold one ONNX file, or the file takes no pictures.
    """

    side: int  # of a picture, in pixels

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, onnx_file(folder)
        runtime = _runtime()
        options = runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        wanted = [
            name
            for name in ("CUDAExecutionProvider", "CPUExecutionProvider")
            if name in runtime.get_available_providers()
        ]
        try:
            self._session = runtime.InferenceSession(str(self.path), options, providers=wanted)
        except Exception as problem:  # ONNX Runtime's own classes share no base
            raise EvaluationProblem(say("{name} cannot be read as an ONNX network.", name=self.path.name)) from problem
        self._input = self._session.get_inputs()[0]
        shape = self._input.shape
        if len(shape) != 4 or (isinstance(shape[1], int) and shape[1] != 3):
            raise EvaluationProblem(
                say(
                    "{name} takes {shape}; a picture network takes (n, 3, height, width).",
                    name=self.path.name,
                    shape=shape,
                )
            )
        self._read_config(folder)
        if isinstance(shape[2], int):
            self.side = shape[2]
        self._batch: int | None = shape[0] if isinstance(shape[0], int) else None

    def _read_config(self, folder: Path) -> None:
        path = folder / "preprocessor_config.json"
        said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        size = said.get("size", SIDE)
        self.side = int(next(iter(size.values())) if isinstance(size, dict) else size)
        self._mean = np.array(said.get("image_mean", MEAN), np.float32)
        self._deviation = np.array(said.get("image_std", DEVIATION), np.float32)

    @property
    def name(self) -> str:
        """Its folder's name, which is how hubs name networks."""
        return self.folder.name

    def fingerprint(self) -> str:
        """SHA-256 of the ONNX file."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def features(self, pixels: Pixels) -> NDArray[np.float32]:
        """Figures of pictures.

        Parameters
        ----------
        pixels : ndarray of uint8 of shape (n, side, side, channels)
            One channel (grey) or three.

        Returns
        -------
        ndarray of float32 of shape (n, n_figures)
        """
        step = self._batch or AT_ONCE
        blocks = [self._block(pixels[start : start + step]) for start in range(0, len(pixels), step)]
        return np.concatenate(blocks) if blocks else np.zeros((0, 1), np.float32)

    def _block(self, pixels: Pixels) -> NDArray[np.float32]:
        pictures = np.zeros((self._batch or len(pixels), 3, self.side, self.side), np.float32)
        for place, picture in enumerate(pixels):
            image = Image.fromarray(picture[:, :, 0] if picture.shape[2] == 1 else picture).convert("RGB")
            image = image.resize((self.side, self.side), Image.Resampling.BILINEAR)
            pictures[place] = ((np.asarray(image, np.float32) / 255 - self._mean) / self._deviation).transpose(2, 0, 1)
        out = np.asarray(self._session.run(None, {self._input.name: pictures})[0][: len(pixels)], np.float32)
        where = {4: (2, 3), 3: (1,)}.get(out.ndim, ())  # space, or tokens
        return out.mean(axis=where) if where else out


def onnx_file(folder: Path) -> Path:
    """The one ONNX file in a folder or in `onnx/` below it; EvaluationProblem if there is none, or there are several."""
    found = sorted([*folder.glob("*.onnx"), *folder.glob("onnx/*.onnx")])
    named = [path for path in found if path.name == "model.onnx"]
    if len(named) == 1:
        return named[0]
    if len(found) != 1:
        raise EvaluationProblem(
            say(
                "The folder of the pretrained network holds {found} ONNX files; one is needed, or one named model.onnx.",
                found=len(found),
            )
        )
    return found[0]


def _runtime() -> Any:
    try:
        return importlib.import_module("onnxruntime")
    except ImportError as problem:
        raise EvaluationProblem(NO_RUNTIME) from problem
