"""Sound as it is recorded: decoded, measured, and brought to one rate, one channel and a peak with room."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import av
import numpy as np
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from gdlectures.faults.stopping import check_stopped

Samples = NDArray[np.int16]
"""Of one channel, `RATE` a second."""
RATE = 48_000
LONGEST = 300
"""Seconds that a recording may take."""
LOUDEST = 0.7
"""Peak, of full scale, that a louder recording is lowered to: -3 dB, for encoding adds to crests."""
FULL = 32767
_SILENT = 1e-3  # of full scale, -60 dB: nothing louder is silence
_AUDIBLE = 0.02  # of its own peak, -34 dB: nothing less counts as the voice's beginning or end
_AT_FULL_SCALE = 0.99
_CUT = 4  # equal samples at full scale, one after another: a crest that is cut off, not one that is full


class BadSound(Exception):
    """A recording that cannot be taken: what it is, what it may be, and what to do."""

    def __init__(self, got: str, allowed: str, fix: str) -> None:
        super().__init__(got)
        self.got, self.allowed, self.fix = got, allowed, fix


@dataclass(frozen=True, eq=False)
class Recording:
    """What is said in a beat.

    Attributes
    ----------
    name : str
        Of its file, or of the program that spoke it.
    samples : ndarray of int16, shape (n,)
        At `RATE`.
    peak : float
        As it was recorded, of full scale; in `samples` it is `LOUDEST` at most.
    """

    name: str
    samples: Samples
    peak: float

    @property
    def seconds(self) -> float:
        return len(self.samples) / RATE

    @cached_property
    def heard(self) -> tuple[float, float]:
        """Seconds between which it is heard: before and after is silence."""
        loud = np.flatnonzero(np.abs(self.samples.astype(np.int32)) > _AUDIBLE * peak_of(self.samples) * FULL)
        return round(float(loud[0]) / RATE, 3), round(float(loud[-1] + 1) / RATE, 3)

    @cached_property
    def digest(self) -> str:
        """sha256, in hex, of what is heard."""
        return hashlib.sha256(self.samples.tobytes()).hexdigest()


def peak_of(samples: Samples) -> float:
    """The largest deflection, of full scale."""
    return float(np.abs(samples.astype(np.int32)).max(initial=0)) / FULL


def recording_of(name: str, content: bytes, container: str) -> Recording:
    """The sound of a file.

    Parameters
    ----------
    name : str
    content : bytes
    container : str
        As FFmpeg knows it; a file of another kind, which might name other files, is not looked into.

    Raises
    ------
    BadSound
        If it cannot be decoded, is silent, too long, or cut off at full scale.
    """
    try:
        parts = list(_decoded(content, container))
    except (av.FFmpegError, ValueError, IndexError) as error:
        got = "no sound in it" if isinstance(error, IndexError) else f"no sound that can be read: {error}"
        raise BadSound(got, f"a whole {container} file", "save it anew") from None
    sound = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    peak = float(np.abs(sound).max(initial=0.0))
    if not np.isfinite(peak):
        raise BadSound("values that are no numbers", f"a whole {container} file", "save it anew")
    if peak <= _SILENT:
        raise BadSound("silence", "a voice", "record it anew, or look which microphone was on")
    samples = np.rint(sound * (FULL * min(1.0, LOUDEST / peak))).astype(np.int16)
    return Recording(name, samples, peak)


def _decoded(content: bytes, container: str) -> Iterator[NDArray[np.float32]]:
    """The mean of a file's channels at `RATE`, in parts."""
    with av.open(io.BytesIO(content), "r", format=container) as file:
        plain, even = AudioResampler(format="fltp"), AudioResampler(format="fltp", layout="mono", rate=RATE)
        count = 0
        for coded in file.decode(file.streams.audio[0]):
            check_stopped()
            for frame in plain.resample(coded):
                channels = frame.to_ndarray().astype(np.float32, copy=False)
                _refuse_cut_crests(channels, count / frame.sample_rate)
                mean = av.AudioFrame.from_ndarray(channels.mean(axis=0, keepdims=True), "fltp", "mono")
                mean.sample_rate, mean.pts = frame.sample_rate, count
                count += channels.shape[1]
                if count > LONGEST * frame.sample_rate:
                    allowed = f"{LONGEST} seconds at the most"
                    raise BadSound(f"more than {LONGEST} seconds", allowed, "say it in several beats")
                yield from (each.to_ndarray()[0] for each in even.resample(mean))
        if count:
            yield from (each.to_ndarray()[0] for each in even.resample(None))


def _refuse_cut_crests(channels: NDArray[np.float32], seconds: float) -> None:
    """Refuse a waveform whose crests were cut off when it was recorded: lowering it would not mend it."""
    full = np.abs(channels[:, 1:]) >= _AT_FULL_SCALE
    same = full & (channels[:, 1:] == channels[:, :-1])
    if same.shape[1] < _CUT - 1:
        return
    runs = np.lib.stride_tricks.sliding_window_view(same, _CUT - 1, axis=1).all(axis=2)
    if runs.any():
        raise BadSound(
            f"clipping: cut off at full scale from {seconds:.1f} s on",
            "a recording with room above its peaks",
            "record it more quietly",
        )
