"""A small convolutional network in PyTorch, with a curve over epochs; it goes on where a killed run stood."""

import importlib
import json
import os
import time
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlstart_web.kit.say import say
from evaluations.core.diagnosis import out_of_patience
from evaluations.core.encoding import Encoded
from evaluations.core.errors import EvaluationProblem
from evaluations.core.features import Rows
from evaluations.core.metrics import Metric
from evaluations.core.recipes.base import (
    TRIAL_ROWS,
    Array,
    Budget,
    CurvePoint,
    Fitted,
    Index,
    Judge,
    Report,
    TargetScale,
    check_classes,
    n_classes,
    some_rows,
    target_scale,
)
from evaluations.core.remedies import AS_IS, Change
from evaluations.core.rungs import NO_TORCH

EPOCHS, EPOCHS_OF_FEW, FEW = 20, 40, 5_000
SHOWN = 2_000  # train rows that the curve looks at: an evaluation should not cost an epoch
BATCH = 256
PREDICTED_AT_ONCE = {"cpu": 512, "cuda": 16_384}  # pictures: as many as a cache holds, and as fill a GPU
WIDTH = 32  # channels of the first convolution; of the second twice as many
CHECKPOINT = "checkpoint.npz"

Pixels = NDArray[np.uint8]
Arrays = dict[str, Any]  # of names to ndarrays


@dataclass(kw_only=True)
class Convolutional(Fitted):
    """The network's weights as arrays; PyTorch is needed to use them."""

    RECIPE = "convolutional"
    REFITS = False

    weights: Arrays
    scale: TargetScale

    def _predict(self, encoded: Rows, source: str | Rows, rows: Index | None) -> Array:
        assert encoded.pixels is not None
        torch = load_torch()
        network = _network(torch, self.settings, n_classes(self.data))
        _set(torch, network, self.weights)
        device = _device(torch)
        index = np.arange(len(encoded)) if rows is None else rows
        return _apply(torch, network.to(device), encoded.pixels, index, self.settings, self.scale, device)

    def refit(self, data: Encoded) -> "Convolutional":
        """Stays as it is: another training would cost as much again, and its curve would be unseen."""
        return self

    def _save_model(self, folder: Path) -> None:
        (folder / "scale.json").write_text(json.dumps(asdict(self.scale)), encoding="utf-8")
        np.savez(folder / "weights.npz", **self.weights)

    @classmethod
    def _load_model(cls, folder: Path, data: Encoded, state: dict[str, Any]) -> "Convolutional":
        scale = TargetScale(**json.loads((folder / "scale.json").read_text(encoding="utf-8")))
        with np.load(folder / "weights.npz", allow_pickle=False) as stored:
            return cls(data=data, weights=dict(stored), scale=scale, **state)


def load_torch() -> Any:
    """PyTorch, one thread; EvaluationProblem where it is not installed."""
    try:
        torch = importlib.import_module("torch")
    except ImportError as problem:
        raise EvaluationProblem(NO_TORCH) from problem
    torch.set_num_threads(1)
    return torch


def fit(
    data: Encoded,
    *,
    metric: Metric,
    budget: float,
    random_state: int,
    report: Report,
    checkpoint: Path | None = None,
    change: Change = AS_IS,
) -> Convolutional:
    """Train until validation stops improving, the budget ends, or the epochs that fit into it are done.

    Parameters
    ----------
    checkpoint : Path, optional
        A folder that outlives a killed worker: weights, optimiser and curve are kept there after each epoch.
    """
    torch = load_torch()
    check_classes(data)
    run = _Training(torch, data, metric, random_state, budget, checkpoint, change)
    for point in run.points:  # of the attempt before
        report(point)
    while not run.ended:
        report(run.epoch())
    return run.fitted()


class _Training:
    """The state of one training, of which all is in the checkpoint."""

    def __init__(
        self,
        torch: Any,
        data: Encoded,
        metric: Metric,
        seed: int,
        budget: float,
        checkpoint: Path | None,
        change: Change,
    ) -> None:
        self.torch, self.data, self.judge, self.clock = torch, data, Judge.of(data, metric), Budget(budget)
        self.path = checkpoint / CHECKPOINT if checkpoint else None
        self.pixels, y = data.pixels("train"), data.y("train")
        self.y, self.n = y, len(y)
        self.scale = TargetScale()
        if data.task == "regression":
            trial = some_rows(self.n, TRIAL_ROWS, 0)
            cells = (data.dense("train", trial, False), data.dense("validation", self.judge.validation, False))
            self.scale = target_scale(data, self.judge, y[trial], *cells)
        self.device = _device(torch)
        torch.manual_seed(seed)
        target = self.scale.forward(y).astype(np.float32) if data.task == "regression" else y.astype(np.int64)
        self.target = torch.from_numpy(target).to(self.device)
        self.shift = max(1, int(self.pixels.shape[1]) // 16)
        self.train = _edged(torch, self.pixels, self.shift).to(self.device)
        self.shown = some_rows(self.n, SHOWN, 0)
        self.points: list[CurvePoint] = []
        self.spent, self.notes = 0.0, list[str]()
        self.settings = self._settings(seed, change)
        self.network = _network(torch, self.settings, n_classes(data)).to(self.device)
        self.optimiser = torch.optim.AdamW(self.network.parameters(), lr=1e-3, weight_decay=1e-2)
        self.best, self.best_loss, self.best_epoch = _arrays(self.network), np.inf, 0
        if self.path and self.path.exists():
            self._go_on(self.path)
        self.plan = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser,
            self.settings["rate"],
            total_steps=self.settings["epochs"] * self.steps,
            pct_start=0.25,
            last_epoch=len(self.points) * self.steps - 1 if self.points else -1,
        )
        self.loss = torch.nn.MSELoss() if data.task == "regression" else torch.nn.CrossEntropyLoss(label_smoothing=0.05)

    @property
    def steps(self) -> int:
        return -(-self.n // int(self.settings["batch"]))

    @property
    def ended(self) -> bool:
        done, planned = len(self.points), self.settings["epochs"]
        if done >= planned:
            return True
        if self.spent > self.clock.seconds:
            self.notes.append(self.clock.note(say("after {epoch} of {epochs} epochs", epoch=done, epochs=planned)))
            return True
        return out_of_patience([point.validation_loss for point in self.points])

    def _settings(self, seed: int, change: Change) -> dict[str, Any]:
        """Epochs by how many pictures the budget reaches, as a trial on a few batches says."""
        sample = np.array(self.pixels[:: max(1, self.n // 5_000)])
        batch = round(min(BATCH, max(32, self.n // 40)) * change.batch)
        settings: dict[str, Any] = {
            "side": int(self.pixels.shape[1]),
            "channels": int(self.pixels.shape[3]),
            "mean": float(sample.mean()),
            "deviation": float(sample.std()) or 1.0,
            "batch": batch,
            "rate": (6e-3 if batch >= 128 else 3e-3) * change.rate,
            "width": max(1, round(WIDTH * change.size)),
            "shift": self.shift,
            "workers": 0,  # the pictures lie in memory
            "seed": seed,
        } | self._machine()
        wanted = round((EPOCHS_OF_FEW if self.n < FEW else EPOCHS) * change.length)
        epochs = int(np.clip(self.clock.seconds / self._trial(settings), 1, wanted))
        if epochs < wanted:
            self.notes.append(
                self.clock.note(say("planned for {epochs} of {wanted} epochs", epochs=epochs, wanted=wanted))
            )
        return settings | {"epochs": epochs}

    def _machine(self) -> dict[str, str]:
        """Where it computes and how finely: bfloat16 has float32's range, so that losses need no scaling."""
        half = self.device.type == "cuda"
        return {"device": str(self.device), "precision": "bfloat16 mixed with float32" if half else "float32"}

    def _trial(self, settings: dict[str, Any]) -> float:
        """CPU seconds of an epoch, from a few batches of a network that is thrown away."""
        torch, batch, rng = self.torch, settings["batch"], np.random.default_rng(0)
        network = _network(torch, settings, n_classes(self.data)).to(self.device)
        network.train()
        seconds = []
        for _ in range(4):
            began = time.process_time()
            network(_prepared(torch, _shifted(torch, self.train[:batch], self.shift, rng), settings)).sum().backward()
            if self.device.type == "cuda":
                torch.cuda.synchronize()  # a GPU answers before it has computed
            seconds.append(time.process_time() - began)
        return float(max(1e-3, 1.1 * np.median(seconds) * self.n / min(batch, self.n)))

    def epoch(self) -> CurvePoint:
        """One pass over train, one point of the curve, one checkpoint."""
        torch, batch, began = self.torch, int(self.settings["batch"]), time.process_time()
        number = len(self.points) + 1
        # order and shifts follow from seed and epoch alone, so that a run that goes on is the run it would have been
        rng = np.random.default_rng([self.settings["seed"], number])
        torch.manual_seed(int(rng.integers(2**31)))  # of the dropout
        order = torch.from_numpy(rng.permutation(self.n)).to(self.device)
        self.network.train()
        half = self.device.type == "cuda"
        for rows in order.split(batch):
            if len(rows) < 2:  # one picture has no batch statistics
                continue
            pictures = _prepared(torch, _shifted(torch, self.train[rows], self.shift, rng), self.settings)
            self.optimiser.zero_grad(set_to_none=True)
            with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=half):
                found = self.network(pictures)
            found = found.float()
            self.loss(found[:, 0] if self.data.task == "regression" else found, self.target[rows]).backward()
            self.optimiser.step()
            self.plan.step()
        on_train = self._predict("train", self.shown)
        point = self.judge.point(
            number, self.y[self.shown], on_train, self._predict("validation", self.judge.validation)
        )
        self.points.append(point)
        if point.validation_loss is not None and point.validation_loss < self.best_loss:
            self.best, self.best_loss, self.best_epoch = _arrays(self.network), point.validation_loss, number
        self.spent += time.process_time() - began
        if self.path:
            self._keep(self.path)
        return point

    def _predict(self, part: str, rows: Index) -> Array:
        pixels = self.pixels if part == "train" else self.data.pixels(part)
        return _apply(self.torch, self.network, pixels, rows, self.settings, self.scale, self.device)

    def fitted(self) -> Convolutional:
        if self.path:
            self.path.unlink(missing_ok=True)
        return Convolutional(
            self.data, self.n, self.best_epoch, self.settings, self.notes, weights=self.best, scale=self.scale
        )

    # ---- the checkpoint: arrays and JSON, whole or not at all

    def _keep(self, path: Path) -> None:
        state = {
            "settings": self.settings,
            "points": [asdict(point) for point in self.points],
            "best_loss": self.best_loss,
            "best_epoch": self.best_epoch,
            "spent": self.spent,
        }
        arrays: Arrays = {f"network {name}": array for name, array in _arrays(self.network).items()}
        arrays |= {f"best {name}": array for name, array in self.best.items()}
        optimiser = self.optimiser.state_dict()
        for number, values in optimiser["state"].items():
            arrays |= {f"optimiser {number} {name}": value.cpu().numpy() for name, value in values.items()}
        state["groups"] = optimiser["param_groups"]
        path.parent.mkdir(parents=True, exist_ok=True)
        half_done = path.with_suffix(".part")
        with half_done.open("wb") as file:
            np.savez(file, state=np.frombuffer(json.dumps(state).encode(), np.uint8), **arrays)
            file.flush()
            os.fsync(file.fileno())
        half_done.rename(path)

    def _go_on(self, path: Path) -> None:
        """Take the state of the attempt before; a damaged file, which its checksums show, starts anew."""
        try:
            with np.load(path, allow_pickle=False) as stored:
                arrays = dict(stored)
        except (OSError, ValueError, zipfile.BadZipFile):
            return
        torch, state = self.torch, json.loads(arrays.pop("state").tobytes())
        _set(torch, self.network, _under(arrays, "network "))
        self.best = _under(arrays, "best ")
        moments: dict[int, dict[str, Any]] = {}
        for name, array in _under(arrays, "optimiser ").items():
            number, field = name.split(" ")
            moments.setdefault(int(number), {})[field] = torch.from_numpy(array)
        self.optimiser.load_state_dict({"state": moments, "param_groups": state["groups"]})
        self.settings = state["settings"] | self._machine()  # which may be another one now
        self.points = [CurvePoint(**point) for point in state["points"]]
        self.best_loss, self.best_epoch, self.spent = state["best_loss"], state["best_epoch"], state["spent"]
        self.notes.append(say("Went on after epoch {epoch}, where it had been stopped.", epoch=len(self.points)))


def _device(torch: Any) -> Any:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _network(torch: Any, settings: dict[str, Any], outputs: int) -> Any:
    """Two convolutions with steps of two, then a layer as wide as the second."""
    nn, width = torch.nn, settings["width"]
    left = (settings["side"] + 3) // 4
    return nn.Sequential(
        nn.Conv2d(settings["channels"], width, 5, 2, 2), nn.BatchNorm2d(width), nn.ReLU(),
        nn.Conv2d(width, 2 * width, 3, 2, 1), nn.BatchNorm2d(2 * width), nn.ReLU(),
        nn.Flatten(), nn.Dropout(0.3), nn.Linear(2 * width * left * left, 2 * width), nn.ReLU(),
        nn.Linear(2 * width, outputs),
    ).to(memory_format=torch.channels_last)  # fmt: skip


def _prepared(torch: Any, pictures: Any, settings: dict[str, Any]) -> Any:
    scaled = (pictures.float() - settings["mean"]) / settings["deviation"]
    return scaled.contiguous(memory_format=torch.channels_last)


def _edged(torch: Any, pixels: Pixels, width: int) -> Any:
    """Pictures with their edge repeated around them, once for all epochs."""
    around = ((0, 0), (width, width), (width, width), (0, 0))
    return torch.from_numpy(np.pad(pixels, around, mode="edge")).permute(0, 3, 1, 2)


def _shifted(torch: Any, edged: Any, most: int, rng: np.random.Generator) -> Any:
    """Moved by a few pixels, each half of the batch in its own direction."""
    side = edged.shape[2] - 2 * most
    parts = []
    for part in edged.chunk(2):
        down, across = rng.integers(0, 2 * most + 1, 2)
        parts.append(part[:, :, down : down + side, across : across + side])
    return torch.cat(parts)


def _apply(
    torch: Any, network: Any, pixels: Pixels, rows: Index, settings: dict[str, Any], scale: TargetScale, device: Any
) -> Array:
    """Probabilities, or numbers, of some rows."""
    network.eval()
    found, at_once = [], PREDICTED_AT_ONCE[device.type]
    with torch.inference_mode():
        for start in range(0, len(rows), at_once):
            chosen = np.ascontiguousarray(pixels[rows[start : start + at_once]])
            pictures = torch.from_numpy(chosen).permute(0, 3, 1, 2).to(device)
            found.append(network(_prepared(torch, pictures, settings)).double().cpu())
    outputs = torch.cat(found) if found else torch.zeros((0, 1), dtype=torch.float64)
    if outputs.shape[1] == 1:
        return scale.backward(outputs[:, 0].numpy())
    probabilities: Array = outputs.softmax(1).numpy()
    return probabilities


def _arrays(network: Any) -> Arrays:
    return {name: value.detach().cpu().numpy().copy() for name, value in network.state_dict().items()}


def _set(torch: Any, network: Any, arrays: Arrays) -> None:
    network.load_state_dict({name: torch.from_numpy(np.array(array)) for name, array in arrays.items()})


def _under(arrays: Arrays, start: str) -> Arrays:
    return {name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)}
