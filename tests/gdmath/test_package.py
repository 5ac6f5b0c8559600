import json
import subprocess
import sys
from types import ModuleType

import pytest

import gdmath


def imported_by(statement):
    code = f"{statement}; import sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_drawing_a_numpy_trajectory_never_pays_for_torch():
    statement = "import gdmath; d = gdmath.preset('chapter-0'); gdmath.descend(d.problem(), d.start, 0.1, 5)"
    assert imported_by(statement).isdisjoint({"torch", "manim", "scenes", "gdlectures", "sklearn", "scipy"})


@pytest.mark.parametrize(
    ("module", "says"),
    [
        ("raise ModuleNotFoundError(name='torch')", "torch: got no such package; allowed 2.13 or newer"),
        ("import no_such_part", "No module named 'no_such_part'"),
    ],
    ids=["no torch", "torch without a part"],
)
def test_what_is_missing_of_torch_is_named(tmp_path, module, says):
    (tmp_path / "torch.py").write_text(module)
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import gdmath.torch_loops"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"ModuleNotFoundError: {says}")


def test_the_table_of_contents_is_complete():
    public = {
        name
        for name, value in vars(gdmath).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }
    assert set(gdmath.__all__) == public
    assert all(getattr(gdmath, name).__doc__ for name in public if callable(getattr(gdmath, name)))
