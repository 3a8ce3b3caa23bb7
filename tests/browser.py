"""A learner at the screen: Chromium in front of the course's own JupyterLab.

`serving` starts `irl-course lab` on a copy of the course, `browsing` opens a window that reaches
nothing but that server, and `Lab` does what a person does there. Every wait is for something to
appear on the page.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
WAIT = 60_000  # milliseconds; generous, because two busy cores are all there may be

_COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Google/Chrome/Application/chrome.exe",
)
_QUIET = [  # nothing but the page: no sandbox (containers have none), no errands of its own
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--no-proxy-server"),
    *("--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
]
_FRONT = ".jp-NotebookPanel:not(.lm-mod-hidden)"  # other notebooks stay open behind it
_ELSEWHERE = re.compile(r"^(?:https?|wss?)://(?!127\.0\.0\.1[:/])")

# In the page; `panel` is the notebook in front.
_PANEL = "const app = window.jupyterapp, panel = app?.shell.currentWidget;"
_READY = (
    _PANEL
    + """
    const open = panel?.context?.path === path && panel.context.isReady;
    return open && panel.sessionContext.session?.kernel?.status === "idle" && !panel.isDisposed;
"""
)
_CELLS = (
    _PANEL
    + """
    return panel.content.widgets.map((cell) => cell.model.toJSON());
"""
)
_SHOW = (
    _PANEL
    + """
    const cells = panel.content.widgets, index = cells.findIndex((c) => c.model.id === id);
    if (index < 0) return false;
    panel.content.activeCellIndex = index;
    await panel.content.scrollToItem(index, "center");
    return cells[index].isAttached;
"""
)


def obstacle() -> str:
    """Why there can be no browser here; empty if there can."""
    if find_spec("playwright") is None:
        return "playwright is not installed: pip install -e '.[test]'"
    if find_chromium() is None:
        return "there is no Chromium or Chrome on this machine (Debian: apt install chromium)"
    return ""


def needed() -> None:
    """Skip a test, saying what is missing, where there can be no browser; under CI it fails."""
    if reason := obstacle():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


def find_chromium() -> str | None:
    """The path of a Chromium or Chrome on this machine, or None."""
    on_path = (shutil.which(command) for command in _COMMANDS)
    return next(filter(None, on_path), None) or next(filter(os.path.exists, _PLACES), None)


def copy_course(folder: Path) -> Path:
    """A course folder of one's own: what is typed there leaves the repository's lessons alone."""
    course = folder / "course"
    for part in ("irl_course", "lessons"):
        skipped = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", ".ruff_cache")
        shutil.copytree(ROOT / part, course / part, ignore=skipped)
    return course


@contextlib.contextmanager
def serving(course: Path, folder: Path) -> Iterator[str]:
    """JupyterLab through the course's own door; yields its address, and ends with its kernels."""
    port, token = _free_port(), secrets.token_hex(16)
    command = [sys.executable, "-P", "-m", "irl_course", "lab", "--no-browser", f"--port={port}"]
    options = [f"--IdentityProvider.token={token}", "--expose-app-in-browser"]
    address = f"http://127.0.0.1:{port}/?token={token}"
    log = folder / "jupyterlab.log"
    with open(log, "wb") as file:
        process = subprocess.Popen(
            [*command, *options],
            cwd=course,
            env=_environment(course, folder),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for_server(process, address.replace("/?", "/api/status?"), log)
        yield address
    finally:
        process.terminate()  # it ends its kernels first
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()  # kernels notice that their server has gone, and follow
            process.wait()


def _environment(course: Path, folder: Path) -> dict[str, str]:
    own = ("config", "data", "runtime", "settings", "workspaces", "home")
    places = {name: str(folder / name) for name in own}
    return os.environ | {
        "PYTHONPATH": str(course),  # before an installed irl_course: the copy's door, and kernel
        "JUPYTER_CONFIG_DIR": places["config"],
        "JUPYTER_DATA_DIR": places["data"],
        "JUPYTER_RUNTIME_DIR": places["runtime"],
        "JUPYTERLAB_SETTINGS_DIR": places["settings"],
        "JUPYTERLAB_WORKSPACES_DIR": places["workspaces"],
        "IRL_COURSE_HOME": places["home"],
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for_server(process: subprocess.Popen, status: str, log: Path) -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + WAIT / 1000
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), direct.open(status, timeout=5):
            return
        time.sleep(0.1)
    said = log.read_text("utf-8", "replace")[-3000:]
    raise AssertionError(f"JupyterLab does not answer (exit code {process.poll()}):\n{said}")


@contextlib.contextmanager
def browsing(address: str, folder: Path, **window: Any) -> Iterator[Lab]:
    """A window of a new browser with a new profile."""
    from playwright.sync_api import sync_playwright

    chromium = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_QUIET)
        try:
            window = {"viewport": {"width": 1280, "height": 900}} | window
            yield Lab(browser.new_context(**window), address, folder)
        finally:
            browser.close()


class Lab:
    """JupyterLab as a person sees and uses it.

    Attributes:
        page: the window, as Playwright gives it.
        foreign: addresses off this machine that it asked for; none of them got through.
        errors: uncaught errors and error lines of its console.
    """

    def __init__(self, context, address: str, folder: Path):
        self.address, self.folder = address, folder
        self.foreign: list[str] = []
        self.errors: list[str] = []
        context.set_default_timeout(WAIT)
        context.route(_ELSEWHERE, self._refuse)
        self.page = context.new_page()
        self.page.on("websocket", self._look_at_socket)
        self.page.on("pageerror", lambda error: self.errors.append(f"uncaught: {error}"))
        self.page.on("console", self._listen)

    def _refuse(self, route) -> None:
        self.foreign.append(route.request.url)
        route.abort()

    def _look_at_socket(self, socket) -> None:
        if _ELSEWHERE.match(socket.url):
            self.foreign.append(socket.url)

    def _listen(self, message) -> None:
        if message.type == "error":
            self.errors.append(f"{message.text} ({message.location.get('url', '')})")

    @contextlib.contextmanager
    def photographed(self) -> Iterator[None]:
        """Whatever fails inside leaves a screenshot, named in its message."""
        try:
            yield
        except BaseException as error:
            path = self.folder / f"failed-{time.monotonic_ns()}.png"
            with contextlib.suppress(Exception):
                self.page.screenshot(path=path)
                error.add_note(f"The page as it was: {path}")
            raise

    def open(self) -> None:
        """Go to the page that the door opens."""
        self.page.goto(self.address)

    def wait_for(self, path: str) -> None:
        """Wait until that notebook is in front and its kernel idle."""
        self.page.wait_for_function(f"(path) => {{{_READY}}}", arg=path)

    def cells(self) -> list[dict]:
        """The cells of the notebook in front, on the screen or not."""
        return self.page.evaluate(f"() => {{{_CELLS}}}")

    def run_all(self) -> None:
        """Run all cells, to the end or to the first error."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")

    def cell(self, name: str):
        """Scroll to the cell of that id, make it the active one, and find it on the page."""
        self.page.wait_for_function(f"async (id) => {{{_SHOW}}}", arg=name)
        return self.page.locator(f"{_FRONT} .jp-Cell.jp-mod-active")

    def output(self, name: str):
        """The output of the cell of that id, on the screen."""
        return self.cell(name).locator(".jp-OutputArea").first

    def run(self, name: str, answer: str, instead_of: str = "raise NotImplementedError"):
        """Type an answer in place of a line of its cell, run that and its check; the output."""
        self.cell(name).locator(".cm-line", has_text=instead_of).click()
        self.page.keyboard.press("End")
        self.page.keyboard.press("Shift+Home")  # as far as the line's indentation
        self.page.keyboard.type(answer)
        self.page.keyboard.press("Shift+Enter")  # on to the check's cell
        self.page.keyboard.press("Shift+Enter")
        return self.output(f"check-{name}")
