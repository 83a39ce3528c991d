"""Sounds: length from the header first, then decoded once and written again as a plain 16-bit FLAC of ours."""

import io
import struct
from dataclasses import dataclass

import numpy as np
import soundfile

from datasets.core.errors import DataProblem, shown
from datasets.core.limits import Limits
from dlstart_web.kit.say import say

LONGEST = 60  # seconds that are kept; the original file stays whole in the vault
MOST_CHANNELS = 8
RATES = (1_000, 384_000)


@dataclass(frozen=True)
class Sound:
    """A FLAC, and whether it is only the beginning of what was sent."""

    cell: bytes
    cut: bool


def is_sound(head: bytes) -> bool:
    """Whether bytes begin as WAV or FLAC."""
    return head.startswith(b"fLaC") or (head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE")


def encode_sound(content: bytes, name: str, limits: Limits) -> Sound:
    """Decode a WAV or FLAC file and write its first 60 seconds again, without any metadata.

    Raises
    ------
    DataProblem
        With status 413 where it is longer than is read; nothing was decoded then.
    OSError, ValueError, RuntimeError
        Whatever libsndfile says of a file that it cannot decode.
    """
    _refuse_cut(content)
    with soundfile.SoundFile(io.BytesIO(content)) as file:
        rate, channels, frames = int(file.samplerate), int(file.channels), int(file.frames)
        if not RATES[0] <= rate <= RATES[1] or not 1 <= channels <= MOST_CHANNELS:
            raise ValueError(f"{rate} Hz, {channels} channels")
        if frames > limits.sound_seconds * rate:
            raise DataProblem(
                "SOUND_TOO_LONG",
                say(
                    "Sound '{name}' lasts {frames:,.0f} seconds; at most {sound_seconds:,} are read.",
                    name=shown(name),
                    frames=frames / rate,
                    sound_seconds=limits.sound_seconds,
                ),
                413,
                where=shown(name),
                limit=limits.sound_seconds,
                found=round(frames / rate),
                next=say("Cut the recording into shorter files."),
            )
        samples = file.read(LONGEST * rate, dtype="float32", always_2d=True)
    if len(samples) < min(frames, LONGEST * rate) or not len(samples):
        raise ValueError("the sound ends before it should")
    whole = np.clip(np.rint(np.nan_to_num(samples) * 32_768), -32_768, 32_767).astype(np.int16)
    out = io.BytesIO()
    soundfile.write(out, whole, rate, format="FLAC", subtype="PCM_16")
    return Sound(out.getvalue(), frames > LONGEST * rate)


def _refuse_cut(content: bytes) -> None:
    """A WAV says how long it is; a recorder that wrote to a pipe says 0 or the largest number."""
    if content[:4] == b"RIFF":
        said = struct.unpack("<L", content[4:8])[0]
        if said < 0xFFFFFF00 and said + 8 > len(content) + 1:
            raise ValueError("the file ends before it should")
