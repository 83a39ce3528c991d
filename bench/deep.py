"""Seconds an epoch of the convolutional rung against a bare PyTorch loop of the same network on the same pictures.

    python bench/deep.py [ROWS]

Makes ROWS (12,000) pictures of 28 x 28 pixels for train and a third as many for validation. The bare loop scales the
pictures once, deals them out anew each epoch, steps, and takes the validation loss; ours also moves the pictures about,
scores both parts and keeps a checkpoint. CPU seconds; where PyTorch finds a GPU, both run there in the same precision,
and it is the seconds that pass. Leaves itself out where PyTorch is not installed.
"""

import io
import os
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import polars as pl
from PIL import Image

from evaluations.core.encoding import Encoded, encode
from evaluations.core.metrics import metric_for
from evaluations.core.recipes import convolutional
from evaluations.core.remedies import Change

ROWS, EPOCHS, GOAL = 12_000, 3, 1.15
CLASSES = [str(number) for number in range(10)]


def main(rows: int) -> None:
    """Print what an epoch costs either way, and the ratio."""
    if find_spec("torch") is None:
        print("deep: left out, because PyTorch is not installed (pip install 'dlstart[deep]')")
        return
    with tempfile.TemporaryDirectory() as folder:
        data = pictures(Path(folder), {"train": rows, "validation": rows // 3})
        before = bare(data)
        ours, setup = rung(data, Path(folder))
        plain = float(np.median(before + bare(data)))
    mine = float(np.median(ours))
    print(f"{rows:,} pictures of 28 x 28, {EPOCHS} epochs each, on {convolutional._device(convolutional.load_torch())}")
    print(f"bare loop {plain:.2f} s an epoch, ours {mine:.2f} (and {setup:.2f} once)")
    print(f"ratio {mine / plain:.2f} (goal {GOAL} or less)")


def pictures(folder: Path, parts: dict[str, int]) -> Encoded:
    """Noise with a bar whose place is the class."""
    paths = {}
    for part, rows in parts.items():
        random = np.random.default_rng(rows)
        labels, cells = random.integers(0, len(CLASSES), rows), []
        for label in labels:
            pixels = random.integers(0, 120, (28, 28), dtype=np.uint8)
            pixels[4 + 2 * label : 6 + 2 * label] += 120
            Image.fromarray(pixels).save(file := io.BytesIO(), "PNG", compress_level=1)
            cells.append(file.getvalue())
        paths[part] = folder / f"{part}.parquet"
        pl.DataFrame({"picture": cells, "label": labels.astype(str)}).write_parquet(paths[part])
    out, columns = folder / "encoded", [{"name": "picture", "kind": "picture"}]
    encode(
        train=paths["train"], validation=paths["validation"], sealed={}, target="label", task="multiclass",
        columns=columns, classes=CLASSES, out=out,
    )  # fmt: skip
    return Encoded.open(out)


def rung(data: Encoded, folder: Path) -> tuple[list[float], float]:
    """Seconds of each epoch after the first, and what comes before the first one ends without its own share."""
    change, ends = Change(length=(EPOCHS + 1) / convolutional.EPOCHS), [now()]
    convolutional.fit(
        data, metric=metric_for("accuracy", "multiclass"), budget=1e6, random_state=0, checkpoint=folder / "run",
        report=lambda point: ends.append(now()), change=change,
    )  # fmt: skip
    first, *rest = np.diff(ends).tolist()
    return rest, first - float(np.median(rest))


def bare(data: Encoded) -> list[float]:
    """Seconds of each epoch of the loop that anybody would write first."""
    torch = convolutional.load_torch()
    device = convolutional._device(torch)
    batch, spent = convolutional.BATCH, []
    shape: dict[str, Any] = {"side": 28, "channels": 1, "width": convolutional.WIDTH}
    network = convolutional._network(torch, shape, len(CLASSES)).to(device)
    x, y, unseen, truth = (
        each.to(device)
        for part in ("train", "validation")
        for each in (scaled(torch, data.pixels(part)), torch.from_numpy(data.y(part).astype(np.int64)))
    )
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3)
    plan = torch.optim.lr_scheduler.OneCycleLR(optimiser, 6e-3, epochs=EPOCHS, steps_per_epoch=-(-len(x) // batch))
    loss = torch.nn.CrossEntropyLoss()
    for _ in range(EPOCHS):
        began = now()
        network.train()
        for rows in torch.randperm(len(x), device=device).split(batch):
            optimiser.zero_grad(set_to_none=True)
            with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
                found = network(x[rows])
            loss(found.float(), y[rows]).backward()
            optimiser.step()
            plan.step()
        network.eval()
        with torch.inference_mode():
            sum(float(loss(network(a), b)) for a, b in zip(unseen.split(512), truth.split(512), strict=True))
        spent.append(now() - began)
    return spent


def now() -> float:
    """Seconds of this process; with a GPU, which computes beside it, of the clock once it has done."""
    torch = convolutional.load_torch()
    if not torch.cuda.is_available():
        return time.process_time()
    torch.cuda.synchronize()
    return time.perf_counter()


def scaled(torch: Any, pixels: np.ndarray) -> Any:
    """Pictures as the network takes them."""
    pictures = torch.from_numpy(np.array(pixels)).permute(0, 3, 1, 2).float()
    return ((pictures - 64) / 64).contiguous(memory_format=torch.channels_last)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
