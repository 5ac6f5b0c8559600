"""The live figure in a real browser without network: its numbers are gdmath's, and a person can use it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chromium import Chromium, Page
from tiny_material import SCRIPT, live

import gdmath
from gdlectures.asking import catalog
from gdlectures.asking.data import user_data
from gdlectures.asking.requests import RenderRequest
from gdlectures.exports.live import LivePage, figure_of, live_page, live_snippet, planned_figures, write_live
from gdlectures.exports.shipped import shipped
from gdlectures.faults.errors import Fault
from gdlectures.films.manifest import read_manifest
from gdscenes.kit.lecture.live import QUANTITIES, Task
from gdscenes.kit.page.theme import THEMES, contrast

DATASETS = ("chapter-0", "chapter-2", "chapter-0-bad", "fake-data")
SHARES = (0.1, 0.5, 0.9, 1.0, 1.2)
"""Rates, in parts of the stability limit."""


@pytest.fixture(scope="module")
def bare(chromium: Chromium, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page that has the mathematics and nothing else."""
    file = tmp_path_factory.mktemp("bare") / "bare.html"
    file.write_text(f"<!doctype html><meta charset=utf-8><script>{shipped('web/live.js')}</script>")
    page = chromium.open(file.as_uri())
    yield page
    assert page.errors == []
    page.close()


def call(page: Page, function: str, *values: Any) -> Any:
    """What a function of the page gives."""
    return page.run(f"(({function}))(...{json.dumps(values)})")


def close(got: Any, wanted: Any, tolerance: float = 1e-9) -> bool:
    return bool(np.allclose(np.asarray(got, dtype=float), wanted, rtol=tolerance, atol=0.0))


RUN = """(x, y, reduction, start, rate, steps, batch, moves) => {
  const bowl = GDLive.bowlOf(x, y, reduction);
  return [GDLive.descend(bowl, start, rate, steps, batch, moves), bowl];
}"""


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("name", DATASETS)
def test_rows_are_those_of_gdmath(bare, name, share):
    dataset = gdmath.preset(name)
    problem = dataset.problem()
    rate = share * problem.max_stable_learning_rate
    wanted = gdmath.descend(problem, dataset.start, rate, 1000)
    points = problem.x.tolist(), problem.y.tolist(), problem.reduction
    run, _ = call(bare, RUN, *points, dataset.start.tolist(), rate, 1000, None, [1, 1])
    assert len(run["b"]) == len(wanted.losses)
    assert close(np.transpose([run["b"], run["w"]]), wanted.parameters)
    assert close(run["losses"], wanted.losses)
    assert str(wanted.outcome).startswith(run["ended"])


@pytest.mark.parametrize("name", DATASETS)
def test_what_is_known_of_the_loss_is_what_gdmath_knows(bare, name):
    dataset = gdmath.preset(name)
    problem = dataset.problem()
    script = """(x, y, reduction, start, rate, levels) => {
      const bowl = GDLive.bowlOf(x, y, reduction), [middle, spread] = GDLive.scaleOf(x);
      return [[bowl.b, bowl.w], bowl.least, [bowl.low, bowl.high], bowl.limit, bowl.best, bowl.curvatures,
              GDLive.slopesAt(bowl, ...start), GDLive.errorKept(bowl, rate), GDLive.levelsOf(bowl, start),
              GDLive.stepsNeeded(bowl, start, rate),
              GDLive.bowlOf(GDLive.standardised(x, [middle, spread]), y).high];
    }"""
    rate = 0.4 * problem.max_stable_learning_rate
    points = problem.x.tolist(), problem.y.tolist(), problem.reduction
    found = call(bare, script, *points, dataset.start.tolist(), rate)
    full = 4 * float(problem.loss(dataset.start))
    wanted = [
        problem.minimizer,
        problem.minimum,
        problem.eigenvalues,
        problem.max_stable_learning_rate,
        problem.best_learning_rate,
        np.diag(problem.hessian),
        problem.gradient(dataset.start),
        float(problem.error_kept(rate)),
        gdmath.contour_levels(problem.minimum, full, "doubling", at_most=9)[::-1],
        gdmath.steps_needed(problem, dataset.start, rate),
        2.0,
    ]
    assert [close(got, each) for got, each in zip(found, wanted, strict=True)] == [True] * len(wanted)


@pytest.mark.parametrize(("size", "seed"), [(16, None), (7, 3), (1, 5)])
def test_batches_are_the_recorded_ones(bare, size, seed):
    dataset = gdmath.preset("chapter-0")
    problem, n = dataset.problem(), len(dataset.x_train)
    epochs = -(-200 // -(-n // size))
    rows = gdmath.batches(n, size, epochs * -(-n // size), seed, shuffle=seed is not None)
    order = np.concatenate(rows)[: n if seed is None else None].tolist()
    wanted = gdmath.descend(problem, dataset.start, 0.1, 200, size, seed, seed is not None)
    points = problem.x.tolist(), problem.y.tolist(), "mean"
    batch = {"size": size, "order": order}
    run, _ = call(bare, RUN, *points, dataset.start.tolist(), 0.1, 200, batch, [1, 1])
    assert close(np.transpose([run["b"], run["w"]]), wanted.parameters)


@pytest.mark.parametrize("moving", [gdmath.BIAS, gdmath.WEIGHT])
def test_one_axis_alone_descends_on_its_cut(bare, moving):
    dataset = gdmath.preset("chapter-0")
    problem, start = dataset.problem(), dataset.start
    cut = problem.cut(moving, held=start[1 - moving])
    wanted = gdmath.descend(cut, start[[moving]], 0.4, 50)
    points = problem.x.tolist(), problem.y.tolist(), "mean"
    moves = [int(moving == axis) for axis in (gdmath.BIAS, gdmath.WEIGHT)]
    run, _ = call(bare, RUN, *points, start.tolist(), 0.4, 50, None, moves)
    assert close(run["bw"[moving]], wanted.parameters[:, 0])
    assert close(run["losses"], wanted.losses)


def test_path_leaves_a_window_at_the_exact_place(bare):
    script = "(...given) => GDLive.seenIn(...given)"
    seen = call(bare, script, [0, 1, 5], [0, 1, 3], 2, [-2, 2, -2, 2])
    assert seen == {"points": [[0, 0], [1, 1], [2, 1.5]], "left": 2, "exit": [2, 1.5]}
    assert call(bare, script, [0, 1], [0, 1], 1, [-2, 2, -2, 2])["exit"] is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("size,price\n1,2\n2,3\n3,5", {"x": [1, 2, 3], "y": [2, 3, 5], "names": ["size", "price"]}),
        ("1,5; 2\n2; 3\n\n3; 5", {"x": [1.5, 2, 3], "y": [2, 3, 5], "names": ["x", "y"]}),
        ("x\ty\n1\t2\n2\t3\n3\t5\n", {"x": [1, 2, 3], "y": [2, 3, 5], "names": ["x", "y"]}),
        ("1 2\n2 3\n3 abc", "Line 3: got “abc”; allowed two numbers."),
        ("x,y\n1,2\n2", "Line 3: got “2”; allowed two numbers."),
        ("1,2\n1,3\n1,4", "x is 1 in every row; allowed a feature that varies."),
        ("1,2\n2,3", "Got 2 rows; allowed 3 to 2000."),
        (" ", "No rows: paste two columns, x and y."),
    ],
)
def test_pasted_table_is_read_or_refused_in_a_sentence(bare, text, wanted):
    script = "(text) => { try { return GDLive.readTable(text); } catch (error) { return error.message; } }"
    assert call(bare, script, text) == wanted


# -- the page ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_live(LivePage("tiny-live.html", live()), tmp_path_factory.mktemp("live #1"))


@pytest.fixture
def page(chromium: Chromium, file: Path) -> Iterator[Page]:
    page = chromium.open(file.as_uri())
    yield page
    assert page.errors == []
    assert {each.partition("#")[0] for each in page.requests} == {file.as_uri()}
    page.close()


SETTLED = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def shown(page: Page, name: str) -> Any:
    """A field of the state, once it is drawn."""
    page.run(SETTLED)
    return page.run(f"JSON.parse(JSON.stringify(live.state)).{name}")


def told(page: Page, name: str) -> str:
    page.run(SETTLED)
    return page.run(f"document.querySelector('.live {name}').textContent")


def turn(page: Page, name: str, value: float | str | bool, event: str = "input") -> None:
    """Give a control another value, as a person would."""
    field = "checked" if isinstance(value, bool) else "value"
    page.run(
        f"(node => {{ node.{field} = {json.dumps(value)};"
        f"node.dispatchEvent(new Event('{event}', {{bubbles: true}})); }})"
        f"(document.querySelector('.live {name}'))"
    )


def middle(page: Page, name: str) -> tuple[float, float]:
    x, y = page.run(
        "(({x, y, width, height}) => [x + width / 2, y + height / 2])"
        f"(document.querySelector('.live {name}').getBoundingClientRect())"
    )
    return x, y


def drag(page: Page, name: str, right: float, down: float) -> None:
    x, y = middle(page, name)
    mouse = {"button": "left", "buttons": 1, "clickCount": 1}
    page.send("Input.dispatchMouseEvent", type="mousePressed", x=x, y=y, **mouse)
    for part in (0.5, 1.0):
        page.send(
            "Input.dispatchMouseEvent", type="mouseMoved", x=x + part * right, y=y + part * down, **mouse
        )
        page.run(SETTLED)
    page.send("Input.dispatchMouseEvent", type="mouseReleased", x=x + right, y=y + down, **mouse)


def test_line_path_and_curve_move_together(page):
    seen = "['.line', '.path', '.fall'].map((name) => document.querySelector(`.live ${name}`).outerHTML)"
    before = page.run(seen)
    turn(page, ".i-rate", 600)
    page.run(SETTLED)
    after = page.run(seen)
    assert all(one != other for one, other in zip(before, after, strict=True))
    turn(page, ".i-step", 20)
    assert shown(page, "step") == 20
    assert told(page, ".o-step") == "20"
    assert all(one != other for one, other in zip(after, page.run(seen), strict=True))


def test_read_outs_are_those_of_gdmath(page):
    dataset = gdmath.preset("chapter-0")
    run = gdmath.descend(dataset.problem(), dataset.start, 0.2, 10)
    b, w = run.parameters[10]
    assert [float(told(page, f".o-{name}")) for name in ("b", "w", "loss")] == [
        pytest.approx(value, rel=5e-4) for value in (b, w, run.losses[10])
    ]


def test_marks_on_the_axis_of_rates_stand_where_the_slider_comes_to(page):
    problem = gdmath.preset("chapter-0").problem()
    rates = {"minimum": problem.best_learning_rate, "diverged": problem.max_stable_learning_rate}
    for role, rate in rates.items():
        page.run(f"document.querySelector('.live .marks .{role}').click()")
        assert shown(page, "rate") == pytest.approx(rate, rel=1e-12)
        at, thumb = page.run(
            f"[parseFloat(document.querySelector('.live .marks .{role}').style.getPropertyValue('--at')),"
            "document.querySelector('.live .i-rate').value / 10]"
        )
        assert at == pytest.approx(thumb, abs=0.06)
    assert "oscillates" in told(page, ".verdict")


def test_divergence_is_shown_as_the_films_show_it(page):
    page.run("live.set({rate: 1.1, step: 10}, true)")
    dataset = gdmath.preset("chapter-0")
    rows = gdmath.descend(dataset.problem(), dataset.start, 1.1, 10).parameters
    window = gdmath.Window(*shown(page, "windows.map"))
    left = int(np.argmin(window.contains(rows)))
    assert left > 2
    assert told(page, ".left") == f"leaves in step {left}"
    assert told(page, ".verdict") == "diverges"
    x, y = middle(page, ".exit")
    box = page.run(
        "(({right, top, bottom}) => [right, top, bottom])"
        "(document.querySelector('.live .map .frame').getBoundingClientRect())"
    )
    assert x == pytest.approx(box[0], abs=1.5) or y in (pytest.approx(box[1], abs=1.5),)
    assert page.run("document.querySelector('.live .map .here').hasAttribute('hidden')")
    assert page.run("getComputedStyle(document.querySelector('.live .path')).strokeDasharray") != "none"


def test_start_and_points_are_dragged(page):
    b, w = shown(page, "start")
    drag(page, ".start", 40, -30)
    moved = shown(page, "start")
    assert moved[0] > b
    assert moved[1] > w
    before = shown(page, "y")
    drag(page, ".points circle", 0, -60)
    moved = np.subtract(shown(page, "y"), before)
    assert (moved >= 0).all()
    assert np.count_nonzero(moved) == 1
    assert page.run("live.now.bowl.b") != pytest.approx(gdmath.preset("chapter-0").problem().minimizer[0])


def test_everything_can_be_done_with_keys(page):
    b, w = shown(page, "start")
    page.run("document.querySelector('.live .start').focus()")
    for key in ("ArrowRight", "ArrowUp"):
        page.press(key)
    moved = shown(page, "start")
    assert moved[0] > b
    assert moved[1] > w
    page.run("document.querySelector('.live .chosen').focus()")
    page.press("PageDown")
    before = shown(page, "y")[1]
    page.press("ArrowUp")
    assert shown(page, "y")[1] > before
    assert shown(page, "chosen") == 1
    rate = shown(page, "rate")
    page.run("document.querySelector('.live .i-rate').focus()")
    page.press("ArrowRight")
    assert shown(page, "rate") > rate


def test_state_is_in_the_address_and_comes_back(page, chromium, file):
    page.run("live.set({rate: 0.3, start: [1.25, 0.5], step: 7, steps: 200, axes: true, size: 16})")
    turn(page, ".i-scaled", True, "change")
    drag(page, ".points circle", 0, -60)
    page.run("new Promise((done) => setTimeout(done, 600))")
    wanted = {name: shown(page, name) for name in ("start", "y", "scale")}
    other = chromium.open(file.as_uri() + page.run("location.hash"))
    names = ("rate", "step", "steps", "axes", "size")
    assert [shown(other, name) for name in names] == [0.3, 7, 200, True, 16]
    for name, value in wanted.items():
        assert shown(other, name) == pytest.approx(value, rel=1e-5)
    assert other.errors == []
    other.close()


@pytest.mark.parametrize(
    "hash", ["rate=-1&start=a,b&step=1e9&size=3", "data=1:a;;&moved=9999:1", "%%%", "beat=no"]
)
def test_address_that_means_nothing_shows_the_figure_as_it_begins(chromium, file, hash):
    page = chromium.open(f"{file.as_uri()}#{hash}")
    assert shown(page, "rate") == 0.2
    assert page.errors == []
    page.close()


def test_beat_leads_to_its_setting(chromium, file):
    page = chromium.open(f"{file.as_uri()}#beat=beat_1")
    assert (shown(page, "rate"), shown(page, "step")) == (1.1, 5)
    turn(page, ".i-beat", "beat_2", "change")
    assert shown(page, "rate") == pytest.approx(0.5, rel=1e-12)
    assert page.run("live.now.run.losses[1] / live.now.bowl.least") == pytest.approx(1, rel=1e-9)
    page.close()


def test_standardising_keeps_the_line_and_undoing_it_too(page):
    loss, start = page.run("live.now.run.losses[0]"), shown(page, "start")
    turn(page, ".i-scaled", True, "change")
    page.run(SETTLED)
    assert page.run("live.now.run.losses[0]") == pytest.approx(loss, rel=1e-12)
    assert page.run("live.now.bowl.high / live.now.bowl.low") == pytest.approx(1, rel=1e-6)
    level = "document.querySelector('.live .levels circle').getBoundingClientRect()"
    assert page.run(f"{level}.width / {level}.height") == pytest.approx(1, rel=1e-3)
    turn(page, ".i-scaled", False, "change")
    assert shown(page, "start") == pytest.approx(start, rel=1e-12)


def test_prediction_hides_the_run_until_a_guess_is_placed(page):
    turn(page, ".i-predict", True, "change")
    page.run(SETTLED)
    assert told(page, ".o-loss") == "?"
    assert page.run("document.querySelector('.live .path').getAttribute('points').split(' ').length") == 1
    assert page.run("getComputedStyle(document.querySelector('.live .curve .fall')).visibility") == "visible"
    assert page.run("document.querySelector('.live .fall').getAttribute('points')") == ""
    page.run("document.querySelector('.live .guess').focus()")
    page.press("ArrowRight")
    b = page.run("live.state.guess.at[0]")
    page.run("document.querySelector('.live .d-show').click()")
    off = abs(page.run("live.now.run.b[10]") - b)
    assert f"off by {off:.2g} in b" in told(page, ".verdict")
    assert told(page, ".o-loss") != "?"
    turn(page, ".i-rate", 500)
    assert told(page, ".o-loss") == "?"


def test_play_goes_to_the_last_step(page):
    page.run("live.set({steps: 4, step: 4})")
    page.run(SETTLED)
    page.run("document.querySelector('.live .d-play').click()")
    page.wait("live.state.step > 0 && live.state.step < 4")
    page.wait("live.state.step === 4 && document.querySelector('.live .d-play').textContent === 'Play'")


def test_tasks_are_checked_on_the_data_that_are_shown(page):
    curvature = gdmath.preset("chapter-0").problem().eigenvalues[-1]
    reply = "document.querySelector('.live li p').textContent"
    for given, wanted in ((1, "Not yet: too low."), (99, "Not yet: too high."), ("x", "Type a number.")):
        turn(page, "li input", str(given))
        page.run("document.querySelector('.live li form').requestSubmit()")
        assert page.run(reply) == wanted
    turn(page, "li input", f"{1.01 * curvature:.4f}")
    page.run("document.querySelector('.live li form').requestSubmit()")
    assert page.run(reply).startswith("Right: ")
    second = "document.querySelectorAll('.live li')[1].lastChild.textContent"
    assert page.run(second) == ""
    page.run("document.querySelector('.live .marks .minimum').click()")
    page.run(SETTLED)
    assert page.run(second) == "Done."


def test_quantities_are_those_that_tasks_may_name(page):
    assert page.run("Object.keys(live.quantities())") == list(QUANTITIES)
    known = page.run("live.quantities()")
    problem = gdmath.preset("chapter-0").problem()
    wanted = {
        "limit": problem.max_stable_learning_rate,
        "best": problem.best_learning_rate,
        "lowest": problem.minimum,
        "best_b": problem.minimizer[0],
        "best_w": problem.minimizer[1],
        "curvature": problem.eigenvalues[-1],
        "condition": problem.condition_number,
        "kept": float(problem.error_kept(problem.best_learning_rate)),
        "gain": 1 / problem.max_stable_learning_rate,
    }
    assert {name: known[name] for name in wanted} == pytest.approx(wanted, rel=1e-9)
    with pytest.raises(TypeError, match="got 'bset'"):
        Task("?", asks="bset")


def test_pasted_points_take_the_place_of_the_films(page):
    turn(page, ".own textarea", "a,b\n1,2\n2,2.5\n3,x")
    page.run("document.querySelector('.live .d-own').click()")
    assert told(page, ".refused") == "Line 4: got “x”; allowed two numbers."
    turn(page, ".own textarea", "a,b\n1,2\n2,2.5\n3,4")
    page.run("document.querySelector('.live .d-own').click()")
    assert shown(page, "x") == [1, 2, 3]
    problem = gdmath.LeastSquares([1, 2, 3], [2, 2.5, 4])
    assert page.run("live.now.bowl.limit") == pytest.approx(problem.max_stable_learning_rate, rel=1e-12)
    assert page.run("document.querySelectorAll('.live .points circle').length") == 3
    assert page.run("document.querySelector('.live .sizes').hidden")
    page.run("document.querySelector('.live .d-reset').click()")
    assert len(shown(page, "x")) == 80


def test_dropped_file_is_taken_and_comes_back_from_the_address(page, chromium, file):
    rows = "\\n".join(f"{year},{300 + 7 * (year - 2000) ** 1.1:.2f}" for year in range(2000, 2024))
    page.run(
        "(() => { const given = new DataTransfer();"
        f"given.items.add(new File(['year,ppm\\n{rows}'], 'a.csv'));"
        "document.querySelector('.live .map').dispatchEvent("
        "new DragEvent('drop', {dataTransfer: given, bubbles: true, cancelable: true})); })()"
    )
    page.wait("live.state.x.length === 24")
    assert shown(page, "names") == ["year", "ppm"]
    x, y = shown(page, "x"), shown(page, "y")
    problem = gdmath.LeastSquares(x, y)
    assert page.run("live.now.bowl.low") == pytest.approx(problem.eigenvalues[0], rel=1e-6)
    html = page.run("document.querySelector('.live').innerHTML")
    assert "NaN" not in html
    assert "Infinity" not in html
    assert page.run("document.querySelectorAll('.live .decades span').length") <= 6
    page.run("new Promise((done) => setTimeout(done, 600))")
    other = chromium.open(file.as_uri() + page.run("location.hash"))
    assert shown(other, "x") == x
    assert shown(other, "y") == pytest.approx(y, rel=1e-5)
    other.close()


def test_who_sees_nothing_is_told(page):
    """Every control has a name and a role, every slider a value, and changes are said."""
    tree = page.send("Accessibility.getFullAXTree")["nodes"]
    roles = {"button", "slider", "checkbox", "textbox", "combobox", "spinbutton"}
    controls = [each for each in tree if each.get("role", {}).get("value") in roles and not each["ignored"]]
    names = [each.get("name", {}).get("value", "") for each in controls]
    assert len(controls) >= 14
    assert [each["role"] for each, name in zip(controls, names, strict=True) if not name] == []
    pictures = "[...document.querySelectorAll('.live svg')].every((each) => each.getAttribute('aria-label'))"
    assert page.run(pictures)
    turn(page, ".i-step", 12)
    page.wait("document.querySelector('.live .said').textContent.startsWith('After 12 steps')")
    assert page.run("document.querySelector('.live .said').getAttribute('role')") == "status"
    assert page.run("document.documentElement.lang") == "en"
    ids = page.run("[...document.querySelectorAll('[id]')].map((each) => each.id)")
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("theme", THEMES)
def test_words_stand_out_from_the_ground(chromium, tmp_path, theme):
    """4.5 : 1 for text, as WCAG 2.2 asks."""
    page = chromium.open(write_live(LivePage("live.html", live(theme)), tmp_path).as_uri())
    colors = page.run(
        """[...document.querySelectorAll('.live *, h1')].filter((node) => node.checkVisibility()
          && [...node.childNodes].some((each) => each.nodeType === 3 && each.data.trim()))
          .map((node) => getComputedStyle(node)[node.closest('svg') ? 'fill' : 'color'])"""
    )
    hexes = {"#" + "".join(f"{int(part):02X}" for part in re.findall(r"\d+", each)[:3]) for each in colors}
    assert len(hexes) > 5
    grounds = THEMES[theme].ground, THEMES[theme].panel
    assert [each for each in hexes if min(contrast(each, ground) for ground in grounds[:1]) < 4.5] == []
    page.close()


def test_page_fits_a_telephone(page):
    page.resize(360, 740)
    assert page.run("document.documentElement.scrollWidth") <= 360
    wide = page.run(
        "[...document.querySelectorAll('.live svg')].map((each) => each.getBoundingClientRect().width)"
    )
    assert min(wide) > 300
    page.run("scrollTo(0, 200)")
    assert page.run("document.querySelector('.live .i-rate').getBoundingClientRect().bottom") < 740


def test_users_words_stay_words(page):
    assert page.run("document.title") == f"A lecture {SCRIPT}: live figure"
    assert page.run("document.querySelector('.live li span').textContent") == f"Which curvature? {SCRIPT}"
    assert page.run("document.querySelectorAll('main script').length") == 0


def test_script_is_small():
    page = live_page(live())
    (script,) = (each for each in re.findall(r"<script>(.*?)</script>", page, re.DOTALL) if "mount =" in each)
    assert len(script.encode()) < 40_000


# -- where it is had --------------------------------------------------------------------------------------


def test_every_lecture_of_a_map_has_tasks_and_settings_of_its_beats():
    requests = [RenderRequest(entry.name) for entry in catalog.entries()]
    for request, planned in zip(requests, planned_figures(requests), strict=True):
        lecture = catalog.load(catalog.find(request.lecture))
        assert {trial.beat for trial in lecture.trials} <= set(lecture.beats), request.lecture
        if isinstance(planned, LivePage):
            assert len(lecture.tasks) == 3, request.lecture
            assert len(lecture.trials) >= 1, request.lecture
            assert planned.name == f"{request.lecture}-live.html"
        else:
            assert request.lecture in ("one-weight", "training-run")


def test_command_writes_the_page_and_draws_nothing(main, tmp_path, lectures, monkeypatch):
    monkeypatch.setattr("gdlectures.films.rendering.draw_masters", None)
    words = ("export", "tiny", "--scenes", lectures, "--embed", "live", "--out", "site", "--theme", "light")
    done = main(*words)
    assert (done.code, done.err) == (0, "site/tiny-light-live.html\n")
    assert '<iframe src="tiny-light-live.html" title="A tiny lecture: live figure"' in done.out
    assert [each.name for each in (tmp_path / "site").iterdir()] == ["tiny-light-live.html"]
    done = main(*words, "--beat", "second")
    assert done.code == 2
    assert done.err.startswith("gdlectures: --beat: got second; allowed no beat of this lecture; fix: ")
    done = main("export", "one-weight", "--embed", "live")
    assert "one-weight: got no map of b and w; allowed a lecture of a bias and a weight" in done.err


def test_snippet_leads_to_the_beat():
    page = LivePage("tiny-live.html", live())
    assert 'src="tiny-live.html#beat=beat_1"' in live_snippet(page, beat="beat_1")
    assert "width: 500px" in live_snippet(page, width=500)
    with pytest.raises(Fault, match="--beat: got beat_0; allowed beat_1, beat_2"):
        live_snippet(page, beat="beat_0")


def test_guide_tells_of_every_quantity():
    guide = (Path(__file__).parents[2] / "docs" / "live.md").read_text()
    assert [name for name in QUANTITIES if f"`{name}`" not in guide] == []


def test_no_task_is_done_before_a_hand_is_lifted(chromium, tmp_path):
    """Goals wait for the audience, whatever the film sets; and typed answers are numbers there."""
    asked = [RenderRequest(entry.name) for entry in catalog.entries()]
    for planned in planned_figures(asked):
        if not isinstance(planned, LivePage):
            continue
        page = chromium.open(write_live(planned, tmp_path).as_uri())
        for beat in ("", *planned.figure.beats):
            turn(page, ".i-beat", beat, "change")
            page.run(SETTLED)
            assert page.run("document.querySelectorAll('.live .done').length") == 0, (planned.name, beat)
            for task in planned.figure.told["tasks"]:
                if task["asks"]:
                    assert page.run(f"Number.isFinite(live.quantities().{task['asks']})"), task["words"]
        assert page.errors == []
        page.close()


def test_film_and_plan_tell_the_same_figure(rendered, lectures):
    path = rendered / "tiny.json"
    manifest = read_manifest(path)
    (planned,) = planned_figures([RenderRequest("tiny", quality="preview", scenes=lectures)])
    found = figure_of(manifest.rendered(path, unchanged=True), manifest)
    assert found == planned.figure
    assert found.told["rate"] == 0.1
    assert found.told["steps"] == 20


def test_axes_say_what_a_frame_counts(tmp_path):
    rows = "".join(f"{53 + 3 * k},{9 * k + 209}\n" for k in range(40))
    (tmp_path / "my.csv").write_text(f"size,price\n{rows}")
    data, _ = user_data(tmp_path / "my.csv", {})
    (planned,) = planned_figures([RenderRequest("learning-rates", data=data)])
    told = planned.figure.told
    assert (told["xName"], told["yName"]) == ("(size − 50) / 100", "price / 100")
    assert min(told["x"]) == pytest.approx(0.03)


def test_nothing_that_gets_into_it_runs_or_asks_elsewhere(chromium, file):
    page = chromium.open(file.as_uri())
    assert page.refused_by_its_policy() == ["connect-src", "img-src", "script-src-elem"]
    page.close()
