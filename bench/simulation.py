"""Attackers and an honest team against the sealed ladder: how far what it says is above the truth (STATISTICS 2).

    python bench/simulation.py [RUNS]

Prints the table of docs/measurements.md from the product's own ladder, beside exact scores with and without a limit on
looks. Seeds are fixed, so the figures come again. RUNS is 200 by default.
"""

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from datasets.core.sealed_ladder import LadderState, SealedScore, answer, grid_step, rungs

N = 1000  # checkpoint rows, and as many fresh final rows
FLOOR = 0.5
HARD = 400  # rows an attacker knows to be coin tosses; the 600 others are right, so the truth is 0.8


class Exact:
    """Tells the score of every look."""

    tells_scores = True

    def __init__(self):
        self.intervals = []

    def look(self, rows):
        """(is it good news, the score told)."""
        return None, rows.mean()


class Sealed:
    """The ladder as the vault drives it."""

    tells_scores = False

    def __init__(self):
        eta = grid_step(N)
        self.state = LadderState(t=0, j=0, best_k=None, eta=eta, M=rungs(FLOOR, eta), s0=FLOOR)
        self.best_rows, self.best, self.intervals = FLOOR, FLOOR, []

    def look(self, rows):
        d = rows - self.best_rows
        error = d.std(ddof=1) / np.sqrt(N)
        told = answer(SealedScore(rows.mean(), d.mean(), error, N, "kl"), state=self.state)
        self.state = self.state.after(told)
        if told.released:
            self.best_rows, self.best = rows.copy(), told.rung
            self.intervals.append((told.lower, told.upper))
        return told.released, self.best


def boosting(board, looks, seed):
    """Random votes, kept (or turned round where scores are told) by the answer; the majority vote comes last."""
    rng = np.random.default_rng(seed)
    y, _ = rng.integers(0, 2, N), rng.integers(0, 2, N)  # the unused draws keep the seeds of the specification
    vote = np.zeros(N)
    for _ in range(looks - 1):
        guess, _ = rng.integers(0, 2, N), rng.integers(0, 2, N)
        is_better, score = board.look((guess == y).astype(float))
        if board.tells_scores:
            vote += np.sign(score - 0.5) * (2 * guess - 1)
        elif is_better:
            vote += 2 * guess - 1
    last = np.where(vote == 0, rng.integers(0, 2, N), vote > 0)
    _, told = board.look((last == y).astype(float))
    return told - 0.5, all(low <= 0.5 <= high for low, high in board.intervals)


def hill_climbing(board, looks, seed, block):
    """Flips a block of hard rows a look, and keeps the change when the answer is better."""
    rng = np.random.default_rng(seed)
    rows = np.ones(N)
    hard = rng.permutation(N)[:HARD]
    rows[hard] = rng.integers(0, 2, HARD)
    _, told = board.look(rows)
    for i in range(looks - 1):
        if block <= 4:
            start = i % (HARD // block) * block
            flips = hard[start : start + block]
        else:
            chosen = rng.choice(hard, block, replace=False)
            flips = chosen[rng.integers(0, 2, block) == 1]
        new = rows.copy()
        new[flips] = 1 - new[flips]
        is_better, score = board.look(new)
        if score > told if board.tells_scores else is_better:
            rows, told = new, score
    return told - 0.8, all(low <= 0.8 <= high for low, high in board.intervals)


def sandbagging(board, looks, seed):
    """Starts low on purpose, and restores so many easy rows a look that the release is a coin toss: one bit a look."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, HARD)
    vote, base, easy = np.zeros(HARD), rng.integers(0, 2, HARD), 330
    step = int(np.ceil(N * max(0.02, 1.645 * np.sqrt(0.22) / np.sqrt(N))))

    def rows(easy_rows, hard_guess):
        return np.r_[np.arange(N - HARD) < easy_rows, hard_guess == y].astype(float)

    board.look(rows(easy, base))
    for _ in range(looks - 2):
        flip = rng.integers(0, 2, HARD) == 1
        guess = np.where(flip, 1 - base, base)
        if easy + step > N - HARD:
            break
        is_better, _ = board.look(rows(easy + step, guess))
        learnt = np.where(flip, 2 * guess - 1, 0)
        vote += learnt if is_better else -learnt
        if is_better:
            base, easy = guess, easy + step
    board.look(rows(N - HARD, np.where(vote == 0, base, vote > 0)))
    low, high = board.intervals[-1]
    return board.best - 0.8, low <= 0.8 <= high


def honest(board, seed, models=50, weeks=12, rho=0.8):
    """Each week the best of some models by validation; returns also the pick's true accuracy and its final surprise."""
    rng = np.random.default_rng(seed)
    i = np.arange(models)
    accuracy = np.clip(0.85 - 0.10 * np.exp(-i / 15) + rng.normal(0, 0.01, models), 0.5, 0.95)

    def draw():
        shared = rng.normal(size=N)
        ease = np.sqrt(rho) * shared[None] + np.sqrt(1 - rho) * rng.normal(size=(models, N))
        return (ease < stats.norm.ppf(accuracy)[:, None]).astype(float)

    checkpoint, validation, final = draw(), draw(), draw()
    pick = None
    for week in np.array_split(i, weeks):
        candidate = week[np.argmax(validation[week].mean(axis=1))]
        if board.look(checkpoint[candidate])[0]:
            pick = candidate
    low, high = board.intervals[-1]
    true = accuracy[pick]
    return board.best - true, low <= true <= high, true, final[pick].mean() - true


def worst_block(board, looks):
    """The block size that serves the hill-climber best, on seeds of its own."""
    gains = {
        b: np.mean([hill_climbing(board(), looks, 20_000 + s, b)[0] for s in range(20)]) for b in (1, 16, 64, 200, 400)
    }
    return max(gains, key=gains.get)


def replay(play, runs, *, seed):
    columns = zip(*(play(seed + s) for s in range(runs)), strict=True)
    return [np.array(column, float) for column in columns]


# ---- the table

COLUMNS = (("naive", Exact, 1000), ("weekly 52", Exact, 52), ("sealed 52", Sealed, 52), ("sealed 12", Sealed, 12))


def main(runs: int) -> None:
    """Print one line a scenario: mean optimism, its 95th percentile, and how often the ladder's intervals held."""
    print(f"optimism: reported minus true, mean (95th percentile), covered; {runs} runs, {N:,} checkpoint rows\n")
    heads = [*(name for name, _, _ in COLUMNS), "sealed, no limit"]
    print(f"{'scenario':<38}" + "".join(f"{head:>26}" for head in heads), flush=True)
    columns = [*((board, looks) for _, board, looks in COLUMNS), (Sealed, 1000)]
    line("boosting of random votes", [cell(boosting, board, looks, runs, 10_000) for board, looks in columns])
    blocks = [worst_block(board, looks) for board, looks in columns]
    line(
        f"row flips, worst block {'/'.join(map(str, blocks))}",
        [
            cell(partial(hill_climbing, block=block), board, looks, runs, 30_000)
            for (board, looks), block in zip(columns, blocks, strict=True)
        ],
    )
    sandbags = [cell(sandbagging, board, looks, runs, 50_000) if board is Sealed else "" for board, looks in columns]
    line("sandbagging, one bit a look", sandbags)
    optimism, covered, true, surprise = replay(lambda seed: honest(Sealed(), seed), runs, seed=40_000)
    line("honest, 50 models in 12 weeks", ["", "", "", written(optimism, covered), ""])
    print(f"\nhonest pick: true accuracy {true.mean():.4f}, surprise on the final tier {surprise.mean():+.4f}")


def cell(play: Callable[..., Any], board: Callable[[], Any], looks: int, runs: int, seed: int) -> str:
    """One scenario against one board."""
    optimism, covered = replay(lambda number: play(board(), looks, number), runs, seed=seed)
    return written(optimism, covered if board is Sealed else None)


def written(optimism: NDArray[Any], covered: NDArray[Any] | None) -> str:
    """Mean, 95th percentile and coverage."""
    held = "" if covered is None else f", {covered.mean():.3f}"
    return f"{optimism.mean():+.3f} ({np.quantile(optimism, 0.95):.3f}){held}"


def line(name: str, cells: list[str]) -> None:
    """One line of the table."""
    print(f"{name:<38}" + "".join(f"{words or '–':>26}" for words in cells), flush=True)


if __name__ == "__main__":
    main(int((*sys.argv[1:], "200")[0]))
