"""`./run` in a copy of its own, with every tool that would install something replaced by a recorder."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from gdlectures.asking import catalog
from gdlectures.asking.provenance import names_torch

pytestmark = pytest.mark.xdist_group("alone")

ROOT = Path(__file__).parents[2]

# Stands for python3 and, copied by `-m venv`, for .venv/bin/python. `FAIL` names a pip argument to fail at,
# `HANG` a word of pip or of the job to wait at; with `MEET` torch and the first film wait for each other.
# Only whether it can be used, which one it is, and its locks are a real one's.
PYTHON = f"""#!/bin/sh
printf '%s\\n' "$*" >>"$CALLS"
case " $* " in
*" -m venv "*)
    for last; do :; done
    mkdir -p "$last/bin"; cp "$0" "$last/bin/python" ;;
*" -m pip "*)
    case " $* " in *" ${{FAIL:-nothing to fail at}} "*) echo "ERROR: cannot ${{FAIL}}"; exit 1 ;; esac
    case " $* " in *" ${{HANG:-nothing to wait at}} "*) exec sleep 20 ;; esac
    case "${{MEET:+meet}} $* " in "meet "*" torch=="*)
        : >"$MEET-torch"
        until [ -e "$MEET-film" ]; do sleep 0.05; done ;;
    esac
    case " $* " in *" wheel "*) mkdir -p "$WHEELS"; : >"$WHEELS/built.whl" ;; esac
    case " $* " in *" -e "*)
        job="$(dirname "$0")/gdlectures"
        cat >"$job" <<'JOB'
#!/bin/sh
case " $* " in *" ${{HANG:-nothing to wait at}} "*) : >"$CALLS-hangs"; exec sleep 20 ;; esac
if [ -n "$MEET" ]; then
    : >"$MEET-film"
    until [ -e "$MEET-torch" ]; do sleep 0.05; done
fi
printf "job"; printf " <%s>" "$@"; echo; exit "${{JOB_EXIT:-0}}"
JOB
        chmod +x "$job" ;;
    esac ;;
*" -m pytest "*) printf 'tests'; printf ' <%s>' "$@"; echo; exit "${{JOB_EXIT:-0}}" ;;
*" -m "* | *ensurepip* | *Python.h* | *libEGL*) ;;
*%d.%d* | " -V ") echo 3.11 ;;
*PackageNotFoundError*) echo pycairo==1 ;;
*"import catalog"*) ;;
*) exec "{sys.executable}" "$@" ;;
esac
"""


@dataclass
class Copy:
    root: Path
    environment: dict[str, str]

    def run(self, *arguments, script="run", cwd=None, **environment):
        return subprocess.run(
            [self.root / script, *arguments],
            cwd=cwd or self.root.parent,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def start(self, *arguments, **environment):
        return subprocess.Popen(
            [self.root / "run", *arguments],
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def stub(self, name, script):
        path = self.root.parent / "bin" / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def calls(self):
        """What Python was asked to do since the last look."""
        path = Path(self.environment["CALLS"])
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return lines

    def pip_calls(self):
        return [line for line in self.calls() if line.startswith("-m pip ")]


@pytest.fixture
def copy(tmp_path):
    root = tmp_path / "a project"
    (root / ".ci").mkdir(parents=True)
    for name in ["run", ".ci/run", "requirements.lock", "pyproject.toml"]:
        shutil.copy(ROOT / name, root / name)
    made = Copy(
        root,
        {
            "PATH": f"{tmp_path / 'bin'}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(tmp_path),
            "CALLS": str(tmp_path / "calls"),
            "WHEELS": str(root / ".venv" / "wheels"),
            "CI": "true",
        },
    )
    (tmp_path / "bin").mkdir()
    made.stub("python3", "")
    (tmp_path / "bin" / "python3").write_text(PYTHON)
    made.stub("uname", '[ "$1" = -m ] && echo x86_64 || echo Linux')
    for tool in ["cc", "pkg-config"]:
        made.stub(tool, "exit 0")
    made.stub("apt-get", f'echo "$@" >>"{tmp_path / "apt"}"')
    made.stub("id", "echo 0")
    return made


def test_arguments_reach_the_command_as_they_were_written(copy):
    arguments = ["render", "two words", "", "*", "it's", '"q"', "a\nb"]
    done = copy.run(*arguments)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "job" + "".join(f" <{argument}>" for argument in arguments) + "\n"


FIRST_FILM = "job <render> <regression-fit> <--out> <build>\n"
ALL = "job <gallery> <--all> <--out> <build>\n"


def test_no_arguments_draw_every_lecture(copy):
    assert copy.run().stdout == FIRST_FILM + ALL
    assert copy.run().stdout == ALL


def test_the_first_film_is_drawn_while_torch_installs(copy, tmp_path):
    done = copy.run(MEET=str(tmp_path / "met"))
    assert done.stdout == FIRST_FILM + ALL
    assert "torch, beside the first film" in done.stderr


def test_the_first_film_needs_no_torch():
    name = FIRST_FILM.split("<")[2].rstrip("> ")
    assert f"first_film={name}\n" in (ROOT / "run").read_text()
    assert not names_torch(catalog.find(name))  # tests/setup/test_wheel.py draws such without it


def test_a_first_film_that_fails_leaves_the_rest_to_be_drawn(copy):
    done = copy.run(JOB_EXIT="4")
    assert done.stdout == FIRST_FILM + ALL
    assert done.returncode == 4
    assert (copy.root / ".venv" / ".ready").exists()


@pytest.mark.parametrize("script", ["run", ".ci/run"])
def test_tests_run_by_pytest_of_the_environment(copy, script):
    arguments = ["test"] if script == "run" else []
    done = copy.run(*arguments, "-k", "a or b", script=script, JOB_EXIT="3")
    assert done.stdout == "tests <-m> <pytest> <-n> <auto> <--dist> <loadgroup> <-k> <a or b>\n"
    assert done.returncode == 3


@pytest.mark.parametrize("command", ["faults", "mutants"])
def test_a_table_is_made_by_python_of_the_environment(copy, command):
    (copy.root / "tests" / command).mkdir(parents=True)
    (copy.root / "tests" / command / "__main__.py").write_text("import sys; print(sys.argv[1:])")
    assert copy.run(command, "--only", "a or b").stdout == "['--only', 'a or b']\n"


def test_second_call_sets_up_nothing(copy):
    first = copy.run("list")
    assert "done in" in first.stderr
    assert copy.pip_calls()
    second = copy.run("list")
    assert (second.stdout, second.stderr) == ("job <list>\n", "")
    calls = copy.calls()
    assert len(calls) <= 1, calls  # which interpreter it is, and nothing else
    assert not any("pip" in call or "venv" in call for call in calls)


def test_everything_locked_is_installed(copy):
    copy.run("list")
    lists = [(copy.root / ".venv" / name).read_text() for name in ("build-tools.txt", "packages.txt")]
    calls = "\n".join(copy.calls())
    locked = [line for line in (ROOT / "requirements.lock").read_text().splitlines() if line[:1] not in "#"]
    for pin in locked:
        name = pin.split("==")[0]
        assert pin in "\n".join(lists) or name in calls, pin
    assert "install --no-compile torch==" in calls
    assert "wheel --no-deps --no-build-isolation" in calls
    assert "built.whl -e" in calls


@pytest.mark.parametrize("changed", ["requirements.lock", "pyproject.toml"])
def test_changed_pins_are_installed(copy, changed):
    copy.run("list")
    copy.calls()
    with (copy.root / changed).open("a") as file:
        file.write("# changed\n")
    assert "done in" in copy.run("list").stderr
    calls = copy.calls()
    assert any(call.startswith("-m pip install") for call in calls)
    assert not any(call.startswith("-m venv") for call in calls)  # into the environment that is there


def test_moved_project_gets_an_environment_of_its_own(copy):
    copy.run("list")
    copy.calls()
    copy.root = copy.root.rename(copy.root.with_name("moved"))
    copy.environment["WHEELS"] = str(copy.root / ".venv" / "wheels")
    assert "done in" in copy.run("list").stderr
    assert any(call.startswith("-m venv") for call in copy.calls())


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize(
    ("arguments", "hangs"), [(["list"], "torch==2.13.0"), ([], "torch==2.13.0"), ([], "render")]
)
def test_cut_off_set_up_is_redone_from_the_start(copy, how, arguments, hangs):
    with copy.start(*arguments, HANG=hangs) as running:
        calls = Path(copy.environment["CALLS"])
        film = Path(f"{calls}-hangs")

        def is_waiting():
            if hangs == "render":
                return film.exists()
            return calls.exists() and "install --no-compile torch==" in calls.read_text()

        deadline = time.monotonic() + 30
        while not is_waiting():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        if how == signal.SIGKILL:  # as when the machine goes down: with its children
            os.killpg(running.pid, how)
        else:
            running.send_signal(how)
        assert running.wait(60) in (-how, 128 + how)
    (copy.root / ".venv" / "half a package").touch()
    copy.calls()
    again = copy.run("list")
    assert again.stdout == "job <list>\n"
    assert "waiting" not in again.stderr  # no child was left to hold the lock
    assert any(call.startswith("-m venv") for call in copy.calls())
    assert not (copy.root / ".venv" / "half a package").exists()


def test_failed_set_up_is_one_line_and_never_counts_as_done(copy):
    failed = copy.run("list", FAIL="torch==2.13.0")
    assert failed.returncode == 5
    assert failed.stdout == ""
    message = failed.stderr.splitlines()[-1]
    assert message.startswith(
        "gdlectures: torch: got ERROR: cannot torch==2.13.0; allowed exit status 0; fix: "
    )
    assert str(copy.root / ".venv" / "setup.log") in message
    assert copy.run("list").returncode == 0


def test_a_step_that_takes_long_says_so_now_and_then(copy):
    copy.stub(
        "sleep",
        'case "$1" in 10) exec /bin/sleep 0.2 ;; 20) exec /bin/sleep 1 ;; *) exec /bin/sleep "$1" ;; esac',
    )
    done = copy.run("list", HANG="torch==2.13.0")
    assert (done.returncode, done.stdout) == (0, "job <list>\n")
    told = [
        line
        for line in done.stderr.splitlines()
        if re.fullmatch(r"gdlectures: set-up: torch, after \d+ s", line)
    ]
    assert 2 <= len(told) <= 7
    assert done.stderr.splitlines()[-1].startswith("gdlectures: set-up: done in ")


def test_two_at_the_same_time_set_up_once(copy):
    running = [copy.start("list"), copy.start("list")]
    assert [process.communicate(timeout=60)[0] for process in running] == ["job <list>\n"] * 2
    calls = copy.calls()
    for once in ["-m venv", "-m pip install --no-compile torch=="]:
        assert sum(call.startswith(once) for call in calls) == 1, once


def test_environment_made_by_hand_is_kept(copy):
    (copy.root / ".venv" / "bin").mkdir(parents=True)
    shutil.copy(copy.root.parent / "bin" / "python3", copy.root / ".venv" / "bin" / "python")
    (copy.root / ".venv" / "mine").touch()
    assert copy.run("list").returncode == 0
    assert (copy.root / ".venv" / "mine").exists()


@pytest.mark.parametrize("system", ["Plan9", "MINGW64_NT-10.0", "FreeBSD"])
def test_unknown_platform_is_one_line_and_exit_5(copy, system):
    copy.stub("uname", f"echo {system}")
    done = copy.run("list")
    assert done.returncode == 5
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(f"gdlectures: platform: got {system}")
    for needed in ["Python", "compiler", "pkg-config", "cairo", "pango"]:
        assert needed in done.stderr
    assert not (copy.root / ".venv").exists()


def test_missing_system_packages_are_installed_and_no_others(copy):
    there = copy.root.parent / "apt"
    copy.stub("pkg-config", f'[ "$2" = cairo ] || [ -e "{there}" ]')
    assert copy.run("list").returncode == 0
    install = there.read_text().splitlines()[-1]
    assert install.endswith("install -y --no-install-recommends libpango1.0-dev")


def test_without_root_and_sudo_one_line_says_what_root_must_install(copy):
    copy.stub("pkg-config", "exit 1")
    copy.stub("id", "echo 1000")
    copy.stub("sudo", "exit 1")
    done = copy.run("list")
    assert done.returncode == 5
    assert done.stderr.count("\n") == 1
    assert "apt-get install libcairo2-dev libpango1.0-dev" in done.stderr
    assert not (copy.root.parent / "apt").exists()


def test_python_too_old_is_one_line(copy):
    old = copy.root.parent / "old"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = copy.run("list", PYTHON=str(old))
    assert done.returncode == 5
    assert (
        done.stderr
        == f"gdlectures: PYTHON: got {old}; allowed CPython >= 3.11; fix: name one, or unset PYTHON\n"
    )


@pytest.mark.parametrize("home", ["", "/no such folder"])
def test_home_is_a_folder_whatever_it_was(copy, home):
    copy.run("list")
    (copy.root / ".venv" / "bin" / "gdlectures").write_text('#!/bin/sh\n[ -d "$HOME" ] && echo "fine"\n')
    assert copy.run("list", HOME=home).stdout == "fine\n"


def test_caller_s_folder_is_kept_for_file_arguments(copy, tmp_path):
    copy.run("list")
    (copy.root / ".venv" / "bin" / "gdlectures").write_text("#!/bin/sh\npwd\n")
    assert copy.run("render", "--data", "mine.csv", cwd=tmp_path).stdout.strip() == str(tmp_path)


def test_lock_names_no_machine():
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        assert line.startswith("#") or "==" in line, line
        assert "://" not in line
        assert not line.startswith("-")
