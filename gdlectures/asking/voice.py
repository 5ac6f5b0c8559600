"""The voice of a film: a lecturer's recordings, one file a beat, or a program that speaks the notes."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from gdlectures.asking.provenance import readable_digest, request_digest
from gdlectures.faults.errors import Exit, Fault, nearest, one_line, unreadable, usage
from gdlectures.faults.files import open_regular
from gdlectures.faults.sizes import size_words
from gdlectures.faults.stopping import check_stopped

if TYPE_CHECKING:
    from gdlectures.asking.sound import Recording

CONTAINERS = {".wav": "wav", ".flac": "flac", ".mp3": "mp3", ".m4a": "mov", ".ogg": "ogg", ".opus": "ogg"}
"""How a recording is read, by the ending of its name."""
_LARGEST = 64 * 1024 * 1024
_NUMBER = re.compile(r"[0-9]+[-_. ]*")
_LONGEST_SPEAKING = 120  # seconds that a program may take for the words of one beat


@dataclass(frozen=True)
class Voice:
    """What is said in a film.

    Attributes
    ----------
    told : str
        Whose voice it is, as it was asked for.
    recordings : mapping of str to Recording
        By the names of beats.
    """

    told: str
    recordings: Mapping[str, Recording]

    @property
    def digest(self) -> str:
        """sha256, in hex, of all that is heard."""
        return request_digest({beat: each.digest for beat, each in self.recordings.items()})

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of the recordings."""
        from gdlectures.asking.sound import LOUDEST

        loud = dict.fromkeys(each.name for each in self.recordings.values() if each.peak > LOUDEST)
        return (f"lowered to a peak of {LOUDEST:g}: {', '.join(loud)}",) if loud else ()


@dataclass(frozen=True)
class Recordings:
    """A folder of recordings: those of a lecture, or a folder for each."""

    folder: Path

    def digest(self, lecture: str) -> str:
        """sha256, in hex, of the files of a lecture."""
        return request_digest({path.name: readable_digest(path) for path in self._files(lecture)})

    def of(self, lecture: str, language: str, notes: Mapping[str, str], wanted: Sequence[str]) -> Voice:
        """The recordings of some beats.

        Parameters
        ----------
        lecture, language : str
        notes : mapping of str to str
            What is said, by the names of all beats in their order.
        wanted : sequence of str
            The beats that are shown.

        Raises
        ------
        Fault
            If a beat with something to say has no recording, a file belongs to no beat, or cannot be taken.
        """
        found: dict[str, Path] = {}
        for path in self._files(lecture):
            name = _NUMBER.sub("", path.stem, count=1).replace("-", "_").casefold()
            beat = next((each for each in notes if each.casefold() == name), None)
            if beat is None:
                near = nearest(name, notes)
                named = file_name(near, notes) if near else f"as gdlectures script {lecture} tells"
                raise usage(str(path), "a recording of no beat", ", ".join(notes), f"name it {named}")
            if beat in found:
                got = f"another recording of {beat}, beside {found[beat].name}"
                raise usage(str(path), got, "one file a beat", "take one of them away")
            found[beat] = path
        if missing := [file_name(beat, notes) for beat in wanted if beat not in found and notes[beat]]:
            fix = f"record {', '.join(missing)}; gdlectures script {lecture} prints the words"
            raise usage(str(self._place(lecture)), f"no {missing[0]}", "a recording of each beat", fix)
        taken = {beat: self._taken(found[beat]) for beat in wanted if beat in found}
        return Voice(str(self.folder), taken)

    def _place(self, lecture: str) -> Path:
        own = self.folder / lecture
        return own if own.is_dir() else self.folder

    def _files(self, lecture: str) -> list[Path]:
        place = self._place(lecture)
        try:
            inside = sorted(place.iterdir())
        except (OSError, ValueError):
            allowed = f"a folder of recordings, {', '.join(_PROGRAMS)}"
            fix = f"record what gdlectures script {lecture} prints"
            raise usage("--voice", str(self.folder), allowed, fix) from None
        return [
            path for path in inside if path.suffix.lower() in CONTAINERS and not path.name.startswith(".")
        ]

    def _taken(self, path: Path) -> Recording:
        try:
            with open_regular(path) as file:
                content = file.read(_LARGEST + 1)
        except OSError as error:
            raise unreadable(error, path) from None
        if len(content) > _LARGEST:
            got, allowed = f"more than {size_words(_LARGEST)}", f"{size_words(_LARGEST)} at the most"
            raise Fault(Exit.DATA, str(path), got, allowed, "save it as flac or mp3")
        return _heard(str(path), path.name, content, CONTAINERS[path.suffix.lower()])


@dataclass(frozen=True)
class Speaker:
    """A program of this machine that speaks what the lecturer would say.

    Attributes
    ----------
    program : str
    voice : str
        Which of its voices; "" for that of the lecture's language.
    """

    program: str
    voice: str

    def digest(self, lecture: str) -> str:
        """sha256, in hex, of the program and of its voice."""
        files = {name: readable_digest(Path(name)) for name in (self._found(), self.voice) if name}
        return request_digest({"speaks": self.program, "voice": self.voice, "files": files})

    def of(self, lecture: str, language: str, notes: Mapping[str, str], wanted: Sequence[str]) -> Voice:
        """The notes of some beats, spoken; parameters are those of `Recordings.of`.

        Raises
        ------
        Fault
            If the program is missing, or does not speak.
        """
        if self.program == "piper" and not self.voice:
            allowed = "piper:MODEL, such as piper:en_US-lessac-medium.onnx"
            raise usage("--voice", self.program, allowed, "name a model of yours")
        told = f"{self.program}:{self.voice}" if self.voice else self.program
        spoken = {beat: self._spoken(notes[beat], language) for beat in wanted if notes[beat]}
        return Voice(told, spoken)

    def _found(self) -> str:
        path = shutil.which(self.program)
        if path is None:
            allowed, fix = "a program that is installed", f"{_PROGRAMS[self.program]}, or give a folder"
            raise Fault(Exit.ENVIRONMENT, "--voice", f"no {self.program} here", allowed, fix)
        return path

    def _spoken(self, note: str, language: str) -> Recording:
        check_stopped()
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "spoken.wav"
            if self.program == "piper":
                words = [self._found(), "-m", self.voice, "-f", str(target)]
            else:
                words = [self._found(), "-v", self.voice or language, "-w", str(target), "--stdin"]
            try:
                done = subprocess.run(
                    words,
                    # a line for all: one a sentence would be one file a sentence
                    input=" ".join(note.split()) + "\n",
                    capture_output=True,
                    encoding="utf-8",
                    errors="replace",
                    timeout=_LONGEST_SPEAKING,
                )
                got = f"exit code {done.returncode}: {(done.stderr.strip().splitlines() or [''])[-1]}"
                content = target.read_bytes() if done.returncode == 0 else b""
            except subprocess.TimeoutExpired:
                got, content = f"nothing after {_LONGEST_SPEAKING} seconds", b""
            except OSError as error:
                got, content = error.strerror or str(error), b""
        if not content:
            fix = "try the program by itself, or give a folder of recordings"
            raise Fault(Exit.ENVIRONMENT, f"--voice {self.program}", one_line(got), "a spoken note", fix)
        return _heard(f"--voice {self.program}", self.program, content, "wav")


UserVoice: TypeAlias = Recordings | Speaker
"""The voice that was asked for."""
_PROGRAMS = {"espeak-ng": "apt-get install espeak-ng", "piper": "pip install piper-tts"}
"""Programs that speak, and what installs them."""


def user_voice(given: str | PathLike[str] | None) -> UserVoice | None:
    """The voice that a word names: a program, a program and its voice, or a folder; None for none."""
    if given is None:
        return None
    program, _, voice = str(given).partition(":")
    return Speaker(program, voice) if program in _PROGRAMS else Recordings(Path(given))


def file_name(beat: str, beats: Mapping[str, str]) -> str:
    """What the recording of a beat is called."""
    return f"{list(beats).index(beat) + 1:02}-{beat}.wav"


def _heard(where: str, name: str, content: bytes, container: str) -> Recording:
    from gdlectures.asking.sound import BadSound, recording_of

    try:
        return recording_of(name, content, container)
    except BadSound as bad:
        raise Fault(Exit.DATA, where, one_line(bad.got), bad.allowed, bad.fix) from None
