"""`list`, `show`, `--help`, and every way to ask for what is not allowed."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import FAULT
from data import slow_but
from streams import without_progress

from gdlectures.asking import catalog
from gdlectures.asking.provenance import source_digest
from gdlectures.asking.requests import Failed
from gdlectures.command.commands import COMMANDS
from gdlectures.command.words import split
from gdlectures.faults.errors import EXIT_WORDS, Exit, Fault
from gdlectures.films.batch import Batch
from gdscenes.kit.lecture.settings import knobs

ROOT = Path(__file__).parents[2]
HEAVY = ("manim", "torch", "numpy", "av", "typst")


def imported_by(*words: str | Path) -> set[str]:
    """The top-level modules that a command imports in the command's own process."""
    script = (
        "import sys; from gdlectures.command.cli import main; main(sys.argv[1:]);"
        "print('IMPORTED', *{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, words)], capture_output=True, text=True, check=True
    )
    return set(done.stdout.rpartition("IMPORTED ")[2].split())


@pytest.mark.parametrize("words", [["--help"], ["render", "--help"], ["list", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(words):
    assert imported_by(*words).isdisjoint(HEAVY)


def test_help_has_every_command_and_every_exit_code(main):
    told = main("--help").out
    for command in COMMANDS.values():
        assert re.search(rf"^  {command.name}\b.*  {re.escape(command.about)}$", told, re.MULTILINE)
    for code in Exit:
        assert re.search(rf"^  {code:d} +{EXIT_WORDS[code]}$", told, re.MULTILINE)
    assert main("help").out == told
    readme = (ROOT / "README.md").read_text()
    for code in Exit:
        assert f"| {code:d} | {EXIT_WORDS[code]} |" in readme


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_has_its_examples(main, name):
    told = main("help", name).out
    assert told == main(name, "--help").out
    examples = told.partition("\nexamples:\n")[2].splitlines()
    for line in examples:
        words = shlex.split(line.partition(" > ")[0].partition(" >> ")[0])
        assert words[:2] == ["gdlectures", name]
        known = COMMANDS[name].parser().options
        assert COMMANDS[name].draws or {word for word in words if word.startswith("--")} <= set(known)
    assert examples or name == "list"


def test_help_after_a_lecture_tells_its_knobs(main, lectures):
    told = main("render", "tiny", "--scenes", lectures, "--help")
    assert told.code == 0
    shown = main("show", "tiny", "--scenes", lectures).out.partition("Knobs\n")[2]
    assert f"knobs of tiny:\n{shown}" in told.out
    assert "how it is drawn:" in told.out
    assert "knobs of tiny" not in main("render", "--help").out


def test_a_flag_of_another_command_takes_no_word_for_its_value(main, lectures):
    for words in (["tiny", "--json"], ["--json", "tiny"]):
        done = main("render", *words, "--scenes", lectures)
        assert done.code == 2
        assert (
            "--json: got an option of list, show, facts; allowed those of render; fix: leave it" in done.err
        )


def test_a_knob_that_some_lectures_lack_is_told_of_before_anything_is_drawn(main, lectures, monkeypatch):
    refused = Failed("film", Fault(Exit.SCENE, "film", "none", "one", "draw it"))
    monkeypatch.setattr(Batch, "run", lambda _, plans: dict.fromkeys(plans, refused))
    words = ("--scenes", lectures, "--quality", "preview", "--learning-rate", "0.1", "--to", "png")
    done = main("export", "tiny", "telling", *words)
    assert "--learning-rate is no knob of telling\n" in done.said


def completed(script: str, *words: str) -> set[str]:
    """What bash offers for the last word."""
    asked = f"COMP_WORDS=({shlex.join(words)}); COMP_CWORD={len(words) - 1}; _gdlectures"
    done = subprocess.run(
        ["bash", "-c", f'{script}\n{asked}\nprintf "%s\\n" "${{COMPREPLY[@]}}"'],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def test_bash_completes_commands_options_values_lectures_and_knobs(main):
    script = main("completion", "bash").out
    assert completed(script, "gdlectures", "") == set(COMMANDS)
    assert completed(script, "gdlectures", "re") == {"render"}
    assert completed(script, "gdlectures", "render", "lea") == {"learning-rates"}
    assert completed(script, "gdlectures", "render", "--batch") == {"--batch-size"}
    assert completed(script, "gdlectures", "render", "--theme", "") == {"dark", "light", "print"}
    assert completed(script, "gdlectures", "cache", "--") == set(COMMANDS["cache"].parser().options) - {"-h"}
    assert completed(script, "gdlectures", "export", "x", "--embed", "q") == {"quarto"}


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_completion_is_a_script_of_the_shell(main, shell):
    program = shutil.which(shell)
    script = main("completion", shell).out
    assert "learning-rates" in script
    assert script.count("--theme" if shell == "zsh" else "-l theme") > 1
    if program is not None:
        subprocess.run([program, "-n"], input=script, text=True, check=True)


def test_another_shell_is_refused(main):
    done = main("completion", "tcsh")
    assert (done.code, done.out) == (2, "")
    assert "completion: got tcsh; allowed bash, zsh, fish" in done.err


def test_importing_the_package_imports_nothing_heavy():
    script = "import sys, gdlectures; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert {name.partition(".")[0] for name in done.stdout.split()}.isdisjoint(HEAVY)


def test_help_answers_at_once(run):
    assert min(run("render", "--help").cpu_seconds for _ in range(3)) < 0.3


def test_list_names_every_lecture(main):
    listed = json.loads(main("list", "--json").out)
    text = main("list").out
    assert [each["name"] for each in listed] == [entry.name for entry in catalog.entries()]
    for each in listed:
        lecture = catalog.load(catalog.find(each["name"]))
        assert each["title"] == lecture.title
        assert each["seconds"] == lecture.seconds
        assert [beat["name"] for beat in each["beats"]] == list(lecture.beats)
        assert re.search(rf"^{each['name']} +\d:\d\d +{each['title']}", text, re.MULTILINE)


def test_show_tells_beats_and_knobs_as_the_class_has_them(main):
    for entry in catalog.entries():
        lecture = catalog.load(entry)
        shown = json.loads(main("show", entry.name, "--json").out)
        text = main("show", entry.name).out
        assert {beat["name"]: beat["note"] for beat in shown["beats"]} == lecture.beats
        for knob, told in zip(knobs(type(lecture.settings)), shown["knobs"], strict=True):
            assert (told["name"], told["option"]) == (knob.name, knob.option)
            assert told["default"] == getattr(lecture.settings, knob.name)
            assert told["help"] == knob.help
            assert re.search(rf"^  {knob.option} .*{re.escape(knob.help)}$", text, re.MULTILINE)


def test_show_tells_one_lecture_in_full(main, lectures):
    assert main("show", "tiny", "--scenes", lectures).out.splitlines()[:7] == [
        "tiny  0:02",
        "A tiny lecture. A line as long as the last weight. And a second sentence.",
        "",
        "Beats",
        "  first   It begins.",
        "  second  It ends — already.",
        "",
    ]


WRONG = {
    "no command": ("--quality 4k", "command"),
    "unknown command": ("rendr tiny", "did you mean render?"),
    "no lecture": ("render", "name a lecture"),
    "unknown lecture": ("render tiyn", "did you mean tiny?"),
    "unknown lecture beside a known one": ("render tiny nothing", "lecture: got nothing"),
    "lecture with a path": ("render ../tiny", "lecture: got ../tiny"),
    "show unknown": ("show tiyn", "did you mean tiny?"),
    "names and all": ("render tiny --all", "--all"),
    "theme": ("render tiny --theme lihgt", "did you mean light?"),
    "quality": ("render tiny --quality 1080", "did you mean 1080p?"),
    "fps zero": ("render tiny --fps 0", "--fps: got 0; allowed a whole number from 1 up to 120"),
    "fps negative": ("render tiny --fps -5", "--fps: got -5"),
    "fps fractional": ("render tiny --fps 29.97", "--fps: got 29.97"),
    "fps huge": ("render tiny --fps 1000000000000", "--fps"),
    "fps in other digits": ("render tiny --fps ٣٠", "--fps"),
    "fps without value": ("render tiny --fps", "--fps"),
    "timeout": ("render tiny --timeout never", "--timeout"),
    "set without value": ("render tiny --set n_steps", "KNOB=VALUE"),
    "knob without value": ("render tiny --n-steps", "--n-steps: got no value"),
    "knob twice": ("render tiny --n-steps 3 --set n_steps=4", "3 and 4"),
    "unknown knob": ("render tiny --learnin-rate 1", "did you mean --learning-rate?"),
    "unknown knob by set": ("render tiny --set learnin_rate=1", "did you mean --learning-rate?"),
    "rate nan": ("render tiny --learning-rate nan", "--learning-rate: got nan"),
    "rate inf": ("render tiny --learning-rate inf", "--learning-rate: got inf"),
    "rate zero": ("render tiny --learning-rate 0", "a number above 0"),
    "rate negative": ("render tiny --learning-rate -0.1", "--learning-rate: got -0.1"),
    "rate no number": ("render tiny --learning-rate 1_0", "--learning-rate: got 1_0"),
    "rate with escapes": ("render tiny --learning-rate \x1b[31m", r"got \x1b[31m"),
    "rate that diverges": ("render tiny --learning-rate 5", "--learning-rate: got 5.0; allowed below 0.8055"),
    "steps fractional": ("render tiny --n-steps 1.5", "--n-steps: got 1.5"),
    "steps too many": ("render tiny --n-steps 1000000000", "--n-steps"),
    "dataset": ("render tiny --dataset chapter-1", "did you mean chapter-"),
    "second lecture refuses": ("render misbehaves tiny --n-steps 0", "--n-steps: got 0"),
}


@pytest.mark.parametrize(("words", "says"), WRONG.values(), ids=WRONG)
def test_wrong_usage_is_one_line_and_code_2(main, lectures, tmp_path, words, says):
    done = main(*words.split(" "), *([] if "no" in words[:1] else ["--scenes", lectures]))
    assert done.code == 2
    assert FAULT.fullmatch(done.err)
    assert says in done.err
    assert done.out == ""
    assert list(tmp_path.iterdir()) == []


def test_a_long_value_is_cut(main, lectures):
    done = main("render", "tiny", "--scenes", lectures, "--dataset", "x" * 10_000)
    assert done.code == 2
    assert len(done.err) < 400


def test_out_that_is_a_file(main, lectures, tmp_path):
    (tmp_path / "build").write_text("mine")
    for out in ("build", "build/deeper"):
        done = main("render", "tiny", "--scenes", lectures, "--out", out)
        assert done.code == 5
        assert FAULT.fullmatch(done.err)
        assert f"--out: got {out}" in done.err
    assert (tmp_path / "build").read_text() == "mine"


def test_a_folder_where_the_film_shall_go(main, lectures, tmp_path):
    (tmp_path / "build" / "tiny.mp4").mkdir(parents=True)
    done = main("render", "tiny", "--scenes", lectures)
    assert done.code == 5
    assert FAULT.fullmatch(done.err)


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs a folder that nobody may write")
def test_out_that_cannot_be_made(main, lectures):
    done = main("render", "tiny", "--scenes", lectures, "--out", "/proc/films")
    assert done.code == 5
    assert FAULT.fullmatch(done.err)


@pytest.mark.parametrize("name", ["films\0", "f" * 300])
def test_out_that_no_file_system_takes(main, lectures, name):
    done = main("render", "tiny", "--scenes", lectures, "--out", name)
    assert done.code in (2, 5)
    assert FAULT.fullmatch(done.err)


def test_a_broken_lecture_does_not_hide_the_others(main, lectures, tmp_path):
    scenes = tmp_path / "scenes"
    scenes.mkdir()
    (scenes / "tiny.py").write_text((lectures / "tiny.py").read_text())
    (scenes / "leaves.py").write_text("raise SystemExit(0)\n")
    (scenes / "two.py").write_text("lecture = None\n")
    done = main("list", "--scenes", scenes)
    assert done.code == 4
    assert "A tiny lecture" in done.out
    assert len(done.err.splitlines()) == 2
    assert "leaves.py: got SystemExit: 0;" in done.err
    assert "two.py: got no lecture;" in done.err


def test_knobs_are_told_from_other_words():
    words = split(["tiny", "--learning-rate", "-1", "--fps", "30", "--set", "n-steps=3", "other"], ["--fps"])
    assert words.plain == ["tiny", "--fps", "30", "other"]
    assert words.knobs == (("learning_rate", "-1"), ("n_steps", "3"))
    with pytest.raises(Fault, match="no value"):
        split(["--n-steps"], [])


def test_changed_code_changes_the_digest(tmp_path, lectures):
    copy = tmp_path / "tiny.py"
    copy.write_text((lectures / "tiny.py").read_text())
    before = source_digest(catalog.find("tiny", tmp_path))
    assert source_digest(catalog.find("tiny", tmp_path)) == before
    copy.write_text(copy.read_text().replace("0.6", "0.5"))
    assert source_digest(catalog.find("tiny", tmp_path)) != before


@pytest.mark.usefixtures("draws_here")
def test_embed_prints_the_files_and_the_lines_that_show_them(main, lectures, tmp_path):
    words = ("export", "tiny", "--scenes", lectures, "--quality", "preview", "--embed", "html")
    done = main(*words, "--beat", "second", "--width", "320")
    assert done.code == 0
    film, poster = done.err.splitlines()
    assert (tmp_path / film).stat().st_size > 0
    assert (tmp_path / poster).stat().st_size > 0
    assert done.out.startswith('<video src="tiny-second-320.mp4"')


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--embed", "htm"], "--embed: got htm; allowed html, "),
        (["--embed", "html", "--beat", "secnd"], "fix: did you mean second?"),
        (["--embed", "html", "--width", "20"], "--width: got 20; "),
        (["--embed", "html", "--to", "gif"], "--embed: got --to; "),
    ],
)
def test_embed_refuses_before_it_draws(main, lectures, tmp_path, words, says):
    done = main("export", "tiny", "--scenes", lectures, *words)
    assert done.code == 2
    assert says in done.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("library", slow_but(["numpy", "manim", "av", "typst"], "manim", "typst"))
def test_a_library_that_is_missing_is_named(lectures, tmp_path, library):
    script = (
        f"import sys; sys.modules[{library!r}] = None; from gdlectures.__main__ import main; sys.exit(main())"
    )
    words = ["render", "tiny", "--scenes", lectures, "--out", tmp_path / "out"]
    done = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True)
    assert done.returncode == Exit.ENVIRONMENT
    said = without_progress(done.stderr)
    assert FAULT.fullmatch(said)
    assert said.startswith(f"gdlectures: {library}: got import of {library} halted")
    assert not (tmp_path / "out").exists()
