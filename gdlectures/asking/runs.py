"""The training run that a lecturer brings: a recording of theirs, as a film shows it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gdlectures.asking.provenance import readable_digest, request_digest
from gdlectures.faults.errors import Exit, Fault, one_line, unreadable, usage
from gdscenes.kit.lecture.settings import Knob, Settings, knobs
from gdscenes.kit.type.language import grouped, tr

if TYPE_CHECKING:
    import gdmath


@dataclass(frozen=True, eq=False)
class UserRun:
    """A recorded run that a lecturer brings.

    Attributes
    ----------
    given : Path or RecordedRun
        A file, or what is in memory already.
    plane : str or None
        Which of its planes is seen, by name; the first for None.
    """

    given: Any
    plane: str | None = None

    @cached_property
    def digest(self) -> str:
        """sha256, in hex, of all that decides the run; a file is read, and not understood.

        Raises
        ------
        Fault
            If the file cannot be read.
        """
        if not isinstance(self.given, Path):
            return self.projected.digest()
        content = readable_digest(self.given)
        asked = {"file": content or self.projected.digest(), "name": self.given.name, "plane": self.plane}
        return request_digest(asked)

    @cached_property
    def projected(self) -> gdmath.ProjectedRun:
        """The run on its plane.

        Raises
        ------
        Fault
            If it cannot be read, or has nothing that can be seen.
        """
        import gdmath

        path = self.given if isinstance(self.given, Path) else None
        run, name = (self.given, "recording") if path is None else (read_run(path), one_line(path.name))
        planes = [seen.plane.name for seen in run.surfaces]
        if self.plane is not None and self.plane not in planes:
            fix = "name such a plane, or record the run with this one"
            raise usage("--plane", self.plane, " or ".join(planes) or "a run that has one", fix)
        try:
            return gdmath.project(run, name, self.plane)
        except ValueError as error:
            allowed = "3 rows or more, and a plane of 3 nodes a side or more"
            fix = 'record it with plane="path", and more of its steps'
            raise Fault(Exit.DATA, str(path or "run"), str(error), allowed, fix) from None


def read_run(path: Path) -> gdmath.RecordedRun:
    """The run that a file holds.

    Raises
    ------
    Fault
        If the file is missing, cut, altered, of another kind or of another version.
    """
    import gdmath

    try:
        return gdmath.load_recording(path)
    except FileNotFoundError:
        reason = "no such file"
    except OSError as error:
        raise unreadable(error, path) from None
    except gdmath.RecordingFileError as error:
        reason = error.reason
    allowed = "a run as gdmath.record saves it"
    raise Fault(Exit.DATA, str(path), reason, allowed, "record the training loop anew")


def user_run(run: Any, plane: str | None = None) -> UserRun | None:
    """The run that was given, a path or a `gdmath.RecordedRun`, on one of its planes; None for none.

    Raises
    ------
    Fault
        If a plane is named and no run.
    """
    if run is None:
        if plane is not None:
            raise usage("--plane", plane, "a plane of a run that is given", "give --run, or leave it out")
        return None
    return UserRun(Path(run) if isinstance(run, str | PathLike) else run, plane)


def run_knob(settings: type[Settings]) -> Knob | None:
    """The knob of a lecture that takes a recorded run, None where there is none."""
    import gdmath

    return next((knob for knob in knobs(settings) if gdmath.ProjectedRun in knob.objects), None)


def run_row(run: gdmath.ProjectedRun) -> tuple[str, str, str]:
    """The option that names a user's run, with its value, and what is known of it."""
    n, steps = grouped(run.n_parameters), grouped(int(run.steps[-1]))
    told = tr("{n} parameters, {steps} steps", n=n, steps=steps)
    return "--run", run.name, f"{told}, sha256 {run.digest()[:12]}"
