"""A lecture of a user's folder is drawn again when a file that it reads is another."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from gdlectures.asking import catalog

WORDS = ("render", "reads", "--scenes", "lectures", "--quality", "preview")


@pytest.fixture
def folder(lectures: Path, tmp_path: Path) -> Path:
    """A lecture that imports a helper, prepares by a file and draws by another."""
    folder = tmp_path / "lectures"
    folder.mkdir()
    source = (lectures / "tiny.py").read_text()
    for old, new in {
        "import gdmath\n": "import sys\nfrom pathlib import Path\n\nimport gdmath\n\n"
        "HERE = Path(__file__).parent\nsys.path.insert(0, str(HERE))\nfrom lengths_of_reads import LENGTH\n",
        "problem = dataset.problem()": "problem = dataset.problem()\n        (HERE / 'prepares').read_text()",
        "length = float(": "length = LENGTH * float((HERE / 'draws').read_text()) * float(",
    }.items():
        assert old in source
        source = source.replace(old, new, 1)
    (folder / "reads.py").write_text(source)
    (folder / "lengths_of_reads.py").write_text("LENGTH = 1.0\n")
    for name in ("prepares", "draws"):
        (folder / name).write_text("1.0")
    return folder


@pytest.fixture
def ask(main, folder, draws_here):
    """Ask for the film in this process, which knows nothing of the lecture, as a new one does not."""

    def ask():
        catalog.forget(catalog.find("reads", folder))
        sys.modules.pop("lengths_of_reads", None)
        return main(*WORDS)

    return ask


def test_what_it_reads_decides_whether_a_film_is_given_again(run, ask, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    assert run(*WORDS).code == 0
    told = json.loads((tmp_path / "build" / "reads.json").read_text())["inputs"]
    assert {Path(each).name for each in told} == {"lengths_of_reads.py", "prepares", "draws"}
    assert ask().out.endswith("unchanged\n")
    films = [(tmp_path / "build" / "reads.mp4").read_bytes()]
    for name, content in {"draws": "2.0", "lengths_of_reads.py": "LENGTH = 0.5\n", "prepares": "2.0"}.items():
        (folder / name).write_text(content)
        done = ask()
        assert (done.code, done.out.endswith("unchanged\n")) == (0, False), name
        films.append((tmp_path / "build" / "reads.mp4").read_bytes())
    assert films[0] != films[1] != films[2]
    assert ask().out.endswith("unchanged\n")
    (folder / "draws").unlink()
    refused = ask()
    assert refused.code == 4, "an older film is no answer"
