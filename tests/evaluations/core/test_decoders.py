"""The best known ways to read sealed labels out of answers, through the product's measures, ladder and budget.

Each attack also runs on exact scores, to show that it works where scores are told.
"""

import itertools

import numpy as np
import pytest

from datasets.core.budget import NoLookLeft, check_look
from datasets.core.sealed_ladder import LadderState, answer, grid_step, rungs
from evaluations.core.metrics import METRICS
from tests.datasets.test_ledger import NOW

LOG_LOSS, ACCURACY = METRICS["log_loss"], METRICS["accuracy"]


class Sealed:
    """A test set as the vault drives it: ladders of several teams, one count of looks, releases and bits."""

    def __init__(self, metric, y, floor, *, is_limited=True):
        self.metric, self.y, self.floor, self.is_limited = metric, y, floor, is_limited
        eta = grid_step(len(y))
        self.state = LadderState(t=0, j=0, best_k=None, eta=eta, M=rungs(floor, eta), s0=floor, log2_rungs=0.0)
        self.bests = {}  # of each team: its rung and its predictions

    def look(self, prediction, team=0):
        """The answer; NoLookLeft once the ledger is full."""
        k, best = self.bests.get(team, (None, None))
        state = LadderState(**{**vars(self.state), "best_k": k})
        if self.is_limited:
            check_look(
                now=NOW, looks_open=True, gates=[], t=state.t + 1, j=state.j, M=state.M, log2_rungs=state.log2_rungs
            )
        score = self.metric.sealed(self.y, prediction, best, floor=self.floor, scale=None, groups=None, seed=state.t)
        told = answer(score, state=state)
        self.state = state.after(told)
        if told.released:
            self.bests[team] = (told.k, prediction)
        return told

    def reported(self):
        """The best that anybody reads."""
        return self.floor + max((k for k, _ in self.bests.values()), default=0) * self.state.eta


def sure(yes: np.ndarray) -> np.ndarray:
    """Predictions of two classes, certain as in a file without scores."""
    return np.eye(2)[yes.astype(int)]


def chances(yes: np.ndarray) -> np.ndarray:
    return np.column_stack([1 - yes, yes])


# ---- log loss: the loss of a row is chosen, so that the sum spells out labels (Whitehill 2017)


def probes(n: int, count: int) -> np.ndarray:
    """The chance 0.5 for all rows but the first `count`, whose losses differ by halves."""
    said = np.full(n, 0.5)
    steps = 6.0 / 2.0 ** np.arange(count)  # difference of the losses of the two labels
    said[:count] = 1 / (1 + np.exp(-steps))
    return said


def spelled_out(total: float, n: int, said: np.ndarray, count: int) -> np.ndarray:
    """Labels of the probed rows, the largest step first, from the sum of all losses."""
    rest, found = total - (n - count) * np.log(2) + np.log(said[:count]).sum(), []
    steps = np.log(said[:count]) - np.log1p(-said[:count])
    for step, below in zip(steps, np.append(np.cumsum(steps[::-1])[::-1][1:], 0.0), strict=True):
        is_no = rest > (step + below) / 2
        found.append(not is_no)
        rest -= step * is_no
    return np.array(found)


def test_log_loss_that_is_told_exactly_spells_out_dozens_of_labels():
    y = (np.random.default_rng(0).random(2000) < 0.5).astype(float)
    said = probes(2000, 40)

    total = LOG_LOSS.score(y, chances(said)) * 2000

    assert np.mean(spelled_out(total, 2000, said, 36)[:36] == y[:36]) == 1


def labels_certain(said_of_unknown: np.ndarray, reference: np.ndarray) -> float:
    """Of how many labels one look makes an attacker certain, on average over all labels that the unknown rows may have.

    Of all other rows the attacker knows the label, and is just so sure of it that the reference labels reach a rung.
    """
    n, unknown = 2000, len(reference)
    y = (np.random.default_rng(1).random(n) < 0.5).astype(float)
    rung = 0.8495 + 4 * grid_step(n) + 1e-12
    own = np.clip(np.where(reference == 1, said_of_unknown, 1 - said_of_unknown), 0.01, 0.99)
    known = np.exp(-((1 - rung) * n * np.log(100) + np.log(own).sum()) / (n - unknown))
    said = np.where(y == 1, known, 1 - known)
    said[:unknown] = said_of_unknown
    heard: dict[tuple, list[np.ndarray]] = {}
    for labels in itertools.product((0.0, 1.0), repeat=unknown):
        y[:unknown] = labels
        told = Sealed(LOG_LOSS, y, 0.8495).look(chances(said))
        heard.setdefault((told.released, told.k, told.lower, told.upper, told.sentence), []).append(np.array(labels))
    assert len(heard) == 2  # the attack works as far as it can: the reference is on the other side of an edge
    certain = [len(group) * np.sum(np.all(np.array(group) == group[0], axis=0)) for group in heard.values()]
    return sum(certain) / 2**unknown


@pytest.mark.parametrize(
    "said", [np.full(6, 0.99), probes(6, 6), np.array([0.99, *[0.51] * 5]), np.array([0.9999, 0.5, 0.5, 0.5, 0.5, 0.5])]
)
def test_log_loss_gives_away_two_labels_a_look_at_most(said):
    for reference in (np.ones(6), np.array([1.0, 0, 1, 0, 1, 0]), np.array([1.0, 0, 0, 0, 0, 0])):
        assert labels_certain(said, reference) <= 2


def test_log_loss_says_one_word_to_whoever_knows_nothing():
    y = (np.random.default_rng(0).random(2000) < 0.5).astype(float)
    heard = set()
    for seed in range(8):
        board = Sealed(LOG_LOSS, np.random.default_rng(seed).permutation(y), 0.8495)
        heard.add(board.look(chances(probes(2000, 48))))

    assert len(heard) == 1


# ---- boosting: random votes, kept by their answers, and the majority of them


def boosting_told(looks: int, seed: int, n: int = 1000) -> float:
    """What the majority of random votes scores above the truth where each exact score is told."""
    rng = np.random.default_rng(seed)
    y, votes = rng.integers(0, 2, n).astype(float), np.zeros(n)
    for _ in range(looks - 1):
        vote = rng.integers(0, 2, n)
        votes += np.sign(ACCURACY.score(y, sure(vote)) - 0.5) * (2 * vote - 1)
    return ACCURACY.score(y, sure(votes > 0)) - 0.5


def boosting_sealed(looks: int, teams: int, seed: int, n: int = 1000) -> tuple[float, float]:
    """(what is read, what the majority of the kept votes really scores) above the truth; teams look in turn and share."""
    rng = np.random.default_rng(seed)
    y, votes = rng.integers(0, 2, n).astype(float), np.zeros(n)
    board = Sealed(ACCURACY, y, 0.5)
    try:
        for number in range(looks - 1):
            vote = rng.integers(0, 2, n)
            if board.look(sure(vote), team=number % teams).released:
                votes += 2 * vote - 1
    except NoLookLeft:
        pass
    last = sure(np.where(votes == 0, rng.integers(0, 2, n), votes > 0))
    try:
        board.look(last)
    except NoLookLeft:
        pass
    return board.reported() - 0.5, ACCURACY.score(y, last) - 0.5


@pytest.mark.parametrize("runs", [3, pytest.param(200, marks=pytest.mark.long)])
def test_boosting_with_1040_looks_gains_29_points_on_exact_scores_and_5_at_most_on_the_ladder(runs):
    raw = [boosting_told(1040, seed) for seed in range(runs)]
    alone = np.array([boosting_sealed(1040, 1, seed) for seed in range(runs)])
    together = np.array([boosting_sealed(1040, 20, seed) for seed in range(runs)])
    print(f"raw {np.mean(raw):+.3f}, one team {alone.mean(axis=0).round(4)}, 20 teams {together.mean(axis=0).round(4)}")

    assert np.mean(raw) >= 0.25
    assert alone.mean(axis=0).max() <= 0.05
    # 20 teams that put their answers together: what any of them reads, and what no answer ever tells
    assert together.mean(axis=0)[0] <= 0.05
    assert together.mean(axis=0)[1] <= 0.07


# ---- row flips: a row is turned over, and stays so where the answer is better


def flipping(looks: int, seed: int, board, n: int = 1000, hard: int = 400) -> float:
    """Of rows that are coin tosses to the attacker; the rest is right, so the truth is 0.8. What is read above it."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n).astype(float)
    said = y.copy()
    said[:hard] = rng.integers(0, 2, hard)
    sealed = Sealed(ACCURACY, y, 0.5) if board == "sealed" else None
    best = sealed.look(sure(said)).rung if sealed else ACCURACY.score(y, sure(said))
    for number in range(looks - 1):
        new = said.copy()
        new[number % hard] = 1 - new[number % hard]
        if sealed is None:
            score = ACCURACY.score(y, sure(new))
            is_better = score > best
        else:
            try:
                told = sealed.look(sure(new))
            except NoLookLeft:
                break
            is_better, score = told.released, told.rung
        if is_better:
            said, best = new, score
    return best - 0.8


@pytest.mark.parametrize("runs", [3, pytest.param(200, marks=pytest.mark.long)])
def test_row_flips_read_every_label_on_exact_scores_and_none_on_the_ladder(runs):
    raw = [flipping(401, seed, "told") for seed in range(runs)]
    sealed = [flipping(1040, seed, "sealed") for seed in range(runs)]
    print(f"raw {np.mean(raw):+.3f}, sealed {np.mean(sealed):+.4f}")

    assert np.mean(raw) >= 0.19
    assert np.mean(sealed) <= 0.025
