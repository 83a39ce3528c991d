"""Sounds as numbers: what 40 bands of the spectrum do over time (log-mel), and a few figures of the whole."""

import io

import numpy as np
import polars as pl
import soundfile
from numpy.typing import NDArray
from scipy.signal import resample_poly

RATE, WINDOW, HOP, BANDS, SECONDS = 22_050, 1_024, 512, 40, 30
WIDTH = 4 * BANDS + 4


def mel_figures(cells: pl.Series) -> NDArray[np.float32]:
    """Figures of each sound, NaN where there is none.

    Returns
    -------
    ndarray of shape (n, 164)
        Of each of 40 bands the mean, spread, maximum and mean change of its log energy; length in seconds, spread of
        the loudness, where it is loudest (0 to 1), and how often the sign changes.
    """
    out = np.full((len(cells), WIDTH), np.nan, np.float32)
    bank = _bank()
    for place, cell in enumerate(cells):
        if cell is not None:
            out[place] = _figures(cell, bank)
    return out


def _figures(cell: bytes, bank: NDArray[np.float64]) -> NDArray[np.float32]:
    samples, rate = soundfile.read(io.BytesIO(cell), dtype="float32", always_2d=True)
    wave = samples.mean(axis=1)[: rate * SECONDS]
    if rate != RATE:
        wave = resample_poly(wave, RATE, rate).astype(np.float32)
    wave = np.pad(wave, (0, max(0, WINDOW - len(wave))))
    frames = np.lib.stride_tricks.sliding_window_view(wave, WINDOW)[::HOP] * np.hanning(WINDOW).astype(np.float32)
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2
    bands = np.log(power @ bank + 1e-6)
    loudness = bands.mean(axis=1)
    change = np.diff(bands, axis=0) if len(bands) > 1 else np.zeros((1, BANDS))
    crossings = (np.diff(np.signbit(wave)) != 0).mean()
    whole = [len(wave) / RATE, loudness.std(), loudness.argmax() / len(loudness), crossings]
    figures = [bands.mean(axis=0), bands.std(axis=0), bands.max(axis=0), np.abs(change).mean(axis=0), whole]
    return np.concatenate(figures).astype(np.float32)


def _bank() -> NDArray[np.float64]:
    """Triangles between 40 Hz and half the rate, evenly spaced on the mel scale."""
    low, high = (2595 * np.log10(1 + f / 700) for f in (40, RATE / 2))
    corners = 700 * (10 ** (np.linspace(low, high, BANDS + 2) / 2595) - 1)
    frequencies = np.fft.rfftfreq(WINDOW, 1 / RATE)[:, None]
    rising = (frequencies - corners[:-2]) / (corners[1:-1] - corners[:-2])
    falling = (corners[2:] - frequencies) / (corners[2:] - corners[1:-1])
    triangles: NDArray[np.float64] = np.clip(np.minimum(rising, falling), 0, None)
    return triangles
