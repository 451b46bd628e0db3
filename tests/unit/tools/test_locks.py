"""The locks name exact versions, hashes and no address; the set-up runs on old Pythons as far as it must."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

from tools import bootstrap, lock

ROOT = Path(lock.__file__).resolve().parent.parent
NAME = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)")


def locked(name: str) -> dict[str, str]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    pins = [(line.split("==")[0], line.split("==")[1].split(" ")[0]) for line in lines if "==" in line]
    return dict(pins)


def plain(requirement: str) -> str:
    found = NAME.match(requirement)
    assert found
    return re.sub(r"[-_.]+", "-", found[1]).lower()


@pytest.mark.parametrize("name", sorted(lock.HEADS))
def test_a_lock_holds_only_versions_and_hashes(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert text.startswith(lock.HEADS[name])
    lock.check_lock(name, text.removeprefix(lock.HEADS[name]))


@pytest.mark.parametrize(
    "line",
    [
        "--index" + "-url https://a.example/",
        "aiohttp>=3 \\",
        "a @ https://a.example/a.whl",
        "    --hash=md5:00",
        "-e .",
        "# via a",
    ],
)
def test_a_lock_with_anything_else_is_refused(line):
    with pytest.raises(SystemExit):
        lock.check_lock("x", f"attrs==26.1.0 \\\n    --hash=sha256:{'0' * 64}\n{line}\n")


def test_every_direct_dependency_is_locked_and_both_locks_agree():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    runtime, dev = locked("requirements.lock"), locked("requirements-dev.lock")
    assert {plain(r) for r in project["project"]["dependencies"]} <= set(runtime)
    assert {plain(r) for r in project["dependency-groups"]["dev"]} <= set(dev)
    assert runtime.items() <= dev.items()
    assert {plain(r) for r in project["dependency-groups"]["fuzz"]} == set(locked("requirements-fuzz.lock")) - set(dev)


def test_without_a_wheel_for_this_python_the_fuzzer_is_not_fetched(monkeypatch, tmp_path):
    monkeypatch.setattr(bootstrap, "VENV", tmp_path)
    monkeypatch.setattr(bootstrap, "STAMP", tmp_path / "stamp.json")
    monkeypatch.setattr(bootstrap, "version_of", lambda _: (3, 14))
    monkeypatch.setattr(bootstrap, "can_run", lambda *_: False)
    with pytest.raises(bootstrap.MissingError, match=r"make test replays what fuzzing found"):
        bootstrap.ensure_fuzzer(bootstrap.Progress())


def test_every_pin_has_a_hash():
    for name in lock.HEADS:
        text = (ROOT / name).read_text(encoding="utf-8")
        assert re.findall(r"==[^\n]*\n(?!    --hash=)", text) == []


def test_the_set_up_is_read_by_python_38():
    ast.parse(Path(bootstrap.__file__).read_text(encoding="utf-8"), feature_version=(3, 8))


def test_the_set_up_uses_the_standard_library_only():
    tree = ast.parse(Path(bootstrap.__file__).read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert names <= {
        "__future__",
        "argparse",
        "hashlib",
        "json",
        "os",
        "shutil",
        "subprocess",
        "sys",
        "time",
        "pathlib",
    }


def test_an_interpreter_that_does_not_run_is_no_interpreter(tmp_path):
    shim = tmp_path / "python3.13"
    shim.write_text("#!/bin/sh\nexit 127\n", encoding="utf-8")
    shim.chmod(0o755)
    assert bootstrap.version_of(str(shim)) == ()
    assert bootstrap.version_of(str(tmp_path / "none")) == ()


def test_without_a_new_enough_python_the_message_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(bootstrap.MissingError, match="apt-get install -y python3 python3-venv"):
        bootstrap.new_enough()


def test_someone_who_is_not_root_gets_the_one_line_to_run(monkeypatch, tmp_path):
    apt = tmp_path / "apt-get"
    apt.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(bootstrap, "is_root", lambda: False)
    with pytest.raises(bootstrap.MissingError, match=r"sudo sh -c 'apt-get update && apt-get install -y chromium'"):
        bootstrap.apt_install(["chromium"], "the browser tests", bootstrap.Progress())


@pytest.fixture
def debian(monkeypatch):
    """Be root on a Debian that has Chromium and not its headless shell; return what is installed."""
    asked = []
    monkeypatch.setattr(bootstrap, "first_of", lambda names: "/usr/bin/chromium" if "chromium" in names else None)
    monkeypatch.setattr(bootstrap, "system_id", lambda: "debian")
    monkeypatch.setattr(bootstrap, "is_root", lambda: True)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(bootstrap, "apt_install", lambda packages, *_: asked.append(packages))
    return asked


def test_the_chromium_without_windows_is_added_where_it_can_be(debian):
    bootstrap.ensure_browser(bootstrap.Progress())
    assert debian == [["chromium-headless-shell"]]


def test_a_chromium_that_is_there_will_do_where_nothing_can_be_added(debian, monkeypatch, capsys):
    monkeypatch.setattr(bootstrap, "is_root", lambda: False)
    bootstrap.ensure_browser(bootstrap.Progress())
    assert debian == []

    def refused(*_):
        raise bootstrap.FailedError("no network")

    monkeypatch.setattr(bootstrap, "is_root", lambda: True)
    monkeypatch.setattr(bootstrap, "apt_install", refused)
    bootstrap.ensure_browser(bootstrap.Progress())
    assert "/usr/bin/chromium is slower and will do" in capsys.readouterr().out
    monkeypatch.setattr(bootstrap, "first_of", lambda names: None)
    with pytest.raises(bootstrap.FailedError):
        bootstrap.ensure_browser(bootstrap.Progress())


def test_ubuntus_stub_of_chromium_is_not_installed(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(bootstrap, "BROWSERS", ("chromium",))
    monkeypatch.setattr(bootstrap, "system_id", lambda: "ubuntu")
    with pytest.raises(bootstrap.MissingError, match="snap install chromium"):
        bootstrap.ensure_browser(bootstrap.Progress())


def test_a_failing_step_shows_the_end_of_what_it_printed():
    with pytest.raises(bootstrap.FailedError, match="line 30") as failed:
        bootstrap.run(["sh", "-c", "for n in $(seq 30); do echo line $n; done; exit 3"], bootstrap.Progress())
    assert "line 5\n" not in str(failed.value)


def test_a_changed_lock_or_place_asks_for_a_new_set_up(monkeypatch, tmp_path):
    (tmp_path / "requirements.lock").write_text("a==1\n", encoding="utf-8")
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    first = bootstrap.digest("requirements.lock")
    (tmp_path / "requirements.lock").write_text("a==2\n", encoding="utf-8")
    assert bootstrap.digest("requirements.lock") != first
