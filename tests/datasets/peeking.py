"""The game of static/js/peeking.js, played again with the ladder of the server."""

from collections.abc import Iterator

import numpy as np

from datasets.core.budget import LIMIT_BITS
from datasets.core.sealed_ladder import LadderState, SealedScore, answer, bits, grid_step, rungs

N, FLOOR, DAYS = 1000, 0.5, 364


def generator(seed: int) -> Iterator[int]:
    """mulberry32: 32 bits a draw."""
    state = seed
    while True:
        state = (state + 0x6D2B79F5) & 0xFFFFFFFF
        t = ((state ^ (state >> 15)) * (state | 1)) & 0xFFFFFFFF
        t ^= (t + (((t ^ (t >> 7)) * (t | 61)) & 0xFFFFFFFF)) & 0xFFFFFFFF
        yield t ^ (t >> 14)


class Game:
    """One coin-flip file a day; what each board says, and the ladder's last answer."""

    def __init__(self, seed: int) -> None:
        self.draws = generator(seed)
        self.labels = self.flips()
        self.votes = {name: np.zeros(N) for name in ("naive", "weekly", "sealed")}
        self.files = dict.fromkeys(self.votes, 0)
        self.says: dict[str, float | None] = dict.fromkeys(self.votes, None)
        eta = grid_step(N)
        self.state = LadderState(t=0, j=0, best_k=None, eta=eta, M=rungs(FLOOR, eta), s0=FLOOR)
        self.best: np.ndarray | float = FLOOR
        self.day, self.interval = 0, None

    def flips(self) -> np.ndarray:
        return np.array([next(self.draws) >> 31 for _ in range(N)])

    def majority(self, board: str) -> np.ndarray:
        votes = self.votes[board]
        return np.where(votes == 0, np.arange(N) % 2, votes > 0)

    def play(self, days: int) -> "Game":
        for _ in range(days):
            self.day += 1
            guess = self.flips()
            for board in ("naive", "weekly") if self.day % 7 == 0 else ("naive",):
                self.votes[board] += np.sign((guess == self.labels).mean() - 0.5) * (2 * guess - 1)
                self.files[board] += 1
                self.says[board] = float((self.majority(board) == self.labels).mean())
            if self.day % 7 == 0 and self.look(guess):
                self.votes["sealed"] += 2 * guess - 1
        return self

    def look(self, guess: np.ndarray) -> bool:
        if bits(self.state.t + 1, self.state.j, self.state.M) > LIMIT_BITS:
            return False
        rows = (guess == self.labels).astype(float)
        d = rows - self.best
        said = answer(SealedScore(rows.mean(), d.mean(), d.std(ddof=1) / np.sqrt(N), N, "kl"), state=self.state)
        self.state = self.state.after(said)
        self.files["sealed"] += 1
        if said.released:
            self.best, self.says["sealed"], self.interval = rows, said.rung, (said.lower, said.upper)
        return said.released

    def reveal(self) -> "Game":
        self.look(self.majority("sealed"))
        return self
