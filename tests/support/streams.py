"""What the command says on its error stream, without what it says every few seconds."""

from gdlectures.faults.progress import SIGN


def without_progress(said: str) -> str:
    """The lines that a busy machine makes no more of."""
    return "".join(line for line in said.splitlines(True) if not line.startswith(SIGN))
