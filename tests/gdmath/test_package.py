import json
import subprocess
import sys
from types import ModuleType

import gdmath


def imported_by(statement):
    code = f"{statement}; import sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_drawing_a_numpy_trajectory_never_pays_for_torch():
    statement = "import gdmath; d = gdmath.preset('chapter-0'); gdmath.descend(d.problem(), d.start, 0.1, 5)"
    assert imported_by(statement).isdisjoint({"torch", "manim", "scenes", "gdlectures", "sklearn", "scipy"})


def test_torch_comes_with_the_torch_loops():
    assert "torch" in imported_by("import gdmath.torch_loops")


def test_the_table_of_contents_is_complete():
    public = {
        name
        for name, value in vars(gdmath).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }
    assert set(gdmath.__all__) == public
    assert all(getattr(gdmath, name).__doc__ for name in public if callable(getattr(gdmath, name)))
