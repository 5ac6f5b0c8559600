"""How fast the live figure redraws: redraws per CPU second of a page, all processes of the browser together.

python benchmarks/live_figure.py [--lecture NAME] [--seconds S]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from chromium import Chromium

from gdlectures.asking.requests import RenderRequest
from gdlectures.exports.live import LivePage, planned_figures, write_live

WAYS = {
    "rate": "live.set({rate: 0.05 + 0.9 * t})",
    "start": "live.set({start: [t, 1 - t]})",
    "a point": "live.set({y: live.state.y.with(0, 1 + t)})",
    "step": "live.set({step: Math.round(50 * t)})",
}
_TICKS = os.sysconf("SC_CLK_TCK")


REDRAWN = """(milliseconds) => {
  const end = performance.now() + milliseconds;
  let n = 0;
  for (; performance.now() < end; n += 1) { CHANGE; live.redraw(); }
  return n;
}"""
SHOWN = """(milliseconds) => new Promise((done) => {
  const end = performance.now() + milliseconds;
  let n = 0;
  const tick = () => {
    CHANGE;
    n += 1;
    if (performance.now() < end) requestAnimationFrame(tick);
    else done(n);
  };
  requestAnimationFrame(tick);
})"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Redraws of the live figure per CPU second.")
    parser.add_argument("--lecture", default="learning-rates")
    parser.add_argument("--seconds", type=float, default=2.0, help="of wall clock, for each way")
    options = parser.parse_args()
    (page,) = planned_figures([RenderRequest(options.lecture)])
    assert isinstance(page, LivePage), page
    print("| what changes | redraws a CPU second | frames a second on the screen |\n|---|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        browser = Chromium(Path(folder) / "profile")
        tab = browser.open(write_live(page, Path(folder)).as_uri())

        def count(script: str, change: str, seconds: float) -> int:
            changed = f"const t = (n % 97) / 97; {change}"
            return int(tab.run(f"({script.replace('CHANGE', changed)})({1000 * seconds})"))

        count(REDRAWN, WAYS["rate"], 0.5)  # the browser compiles what is run often
        for name, change in WAYS.items():
            before = _cpu_seconds(browser.process.pid)
            redrawn = count(REDRAWN, change, options.seconds)
            spent = _cpu_seconds(browser.process.pid) - before
            frames = count(SHOWN, change, options.seconds) / options.seconds
            print(f"| {name} | {redrawn / spent:.0f} | {frames:.0f} |", flush=True)
        browser.close()


def _cpu_seconds(root: int) -> float:
    """CPU seconds of a process and of all that it started."""
    children: dict[int, list[int]] = {}
    spent: dict[int, float] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                words = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            children.setdefault(int(words[1]), []).append(int(folder.name))
            spent[int(folder.name)] = (int(words[11]) + int(words[12])) / _TICKS
    found, left = 0.0, [root]
    while left:
        each = left.pop()
        found += spent.get(each, 0.0)
        left += children.get(each, [])
    return found


if __name__ == "__main__":
    main()
