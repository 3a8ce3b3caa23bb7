"""The web book, built once from a copy of its sources, then read as files and in a browser."""

import contextlib
import functools
import json
import re
import shutil
import subprocess
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import browser
import pytest
from bs4 import BeautifulSoup

import course

ROOT = Path(__file__).resolve().parents[1]
LESSONS = sorted(path.stem for path in (ROOT / "solutions").glob("*.ipynb"))
MEGABYTE = 1_000_000
sys.path.insert(0, str(ROOT / "book"))
import pages  # noqa: E402  (it lies among the book's sources)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder of a finished book; a warning of Sphinx is a failure."""
    folder = tmp_path_factory.mktemp("book")
    for part in (".github", "book", "lessons", "solutions"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("*_cache"))
    shutil.rmtree(folder / "book" / "lessons", ignore_errors=True)  # it is made anew
    done = subprocess.run(
        [sys.executable, *course.BOOK, "--quiet"], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-6000:]
    return folder / "_book" / "html"


@pytest.fixture(scope="module")
def book(built):
    """Its pages: address -> what stands in the file."""
    return {
        path.relative_to(built).as_posix(): BeautifulSoup(path.read_text("utf-8"), "html.parser")
        for path in sorted(built.rglob("*.html"))
    }


def notebook(name, folder="solutions"):
    return json.loads((ROOT / folder / f"{name}.ipynb").read_text("utf-8"))["cells"]


def lesson_of(book, name):
    return book[f"lessons/{name}.html"].find("article")


# What the pages hold


def test_every_lesson_and_list_has_its_page(book):
    lists = {"index.html", "glossary.html", "references.html", "search.html"}
    assert lists | {f"lessons/{name}.html" for name in LESSONS} <= book.keys()


def test_every_link_leads_somewhere(book, built):
    """Inside the book to a file, and to a place in it; outside only where a reader asks for it."""
    inside = 0
    for address, page in book.items():
        for tag in page.find_all(["a", "img", "link", "script"]):
            target = tag.get("href") or tag.get("src")
            if target is None or target == "#":
                continue
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                assert tag.name == "a" and parts.scheme in ("http", "https"), f"{address}: {target}"
                continue
            file = (built / address).parent / unquote(parts.path) if parts.path else built / address
            assert file.is_file(), f"{address}: there is no {target}"
            inside += 1
            if parts.fragment:
                there = book[file.resolve().relative_to(built).as_posix()]
                assert there.find(id=unquote(parts.fragment)), f"{address}: no place {target}"
    assert inside > 1000


@pytest.mark.parametrize("name", LESSONS)
def test_each_exercise_is_set_then_hinted_at_then_solved(book, name):
    cells = {cell["id"]: cell for cell in notebook(name)}
    exercises = [id_.removeprefix("hints-") for id_ in cells if id_.startswith("hints-")]
    article = lesson_of(book, name)
    folds = article.find_all("details")
    solutions = [fold for fold in folds if fold.summary.get_text().strip().startswith("Solution")]
    assert len(solutions) == len(exercises) > 0
    assert [fold.summary.get_text() for fold in folds].count("Hint 3") == len(exercises)
    assert not any(fold.has_attr("open") or fold.summary.has_attr("aria-label") for fold in folds)
    answers = [_answer(cells[exercise]) for exercise in exercises]
    for answer, solution in zip(answers, solutions, strict=True):
        assert answer in solution.get_text()
    for fold in folds:
        fold.decompose()
    for exercise, answer in zip(exercises, answers, strict=True):
        assert f"def {exercise}(" in article.get_text()
        assert answer not in article.get_text()
    assert "raise NotImplementedError" in article.get_text()


def _answer(cell):
    """What a solution's cell has between its markers."""
    after = "".join(cell["source"]).split("### BEGIN SOLUTION\n")[1]
    return after.split("    ### END SOLUTION")[0].strip()


@pytest.mark.parametrize("name", LESSONS)
def test_pictures_and_headings_speak(book, name):
    """Every picture says what it shows, as its notebook does; no level of heading is left out."""
    said = [
        " ".join(cell["metadata"]["mystnb"]["image"]["alt"].split())
        for cell in notebook(name)
        if any("image/png" in output.get("data", {}) for output in cell.get("outputs", []))
    ]
    article = lesson_of(book, name)
    assert [" ".join(image["alt"].split()) for image in article.find_all("img")] == said
    levels = [int(heading.name[1]) for heading in article.find_all(re.compile("^h[1-6]$"))]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(below - above <= 1 for above, below in zip(levels, levels[1:], strict=False))


def test_the_landing_page_shows_a_described_picture_of_every_lesson(book):
    cards = book["index.html"].select(".card")
    assert [card.a["href"] for card in cards] == [f"lessons/{name}.html" for name in LESSONS]
    assert all(len(card.img["alt"]) > 40 for card in cards)


@pytest.mark.parametrize("address", ["index", *(f"lessons/{name}" for name in LESSONS)])
def test_no_page_is_heavy(book, built, address):
    """The page with all of its pictures."""
    file = built / f"{address}.html"
    pictures = {image["src"] for image in book[f"{address}.html"].find_all("img")}
    size = file.stat().st_size + sum((file.parent / src).stat().st_size for src in pictures)
    assert size < 1.5 * MEGABYTE


def test_every_word_of_the_glossary_leads_to_a_lesson_that_uses_it(book):
    entries = book["glossary.html"].select("dl.glossary dt")
    assert len(entries) > 50
    for entry in entries:
        term = entry.get_text().rstrip("#¶")
        link = entry.find_next("dd").find_all("a")[-1]["href"]
        page = book[urlsplit(link).path].find("article").get_text().replace("_", " ")
        assert "#" in link and term.lower() in " ".join(page.lower().split()), term


def test_what_a_lesson_cites_is_in_the_list_of_references(book):
    listed = " ".join(book["references.html"].find("article").get_text().split())
    for name in LESSONS:
        for item in lesson_of(book, name).select("#references li"):
            who_and_when = " ".join(item.get_text().split()).split("). ")[0]
            assert who_and_when in listed, f"{name}: {who_and_when}"


@pytest.mark.parametrize("change", ["a title without a link", "a link without a title"])
def test_references_and_links_must_match(change):
    cited = {"one paper": ("Somebody (1999). One paper. *Journal.*", ["01_forward_rl"])}
    links = {} if change == "a title without a link" else {"one paper": None, "another": None}
    with pytest.raises(ValueError, match="references.json"):
        pages.reference_list(cited, links)


# The ways to work through a lesson


@pytest.mark.parametrize("name", LESSONS)
def test_every_lesson_can_be_downloaded(book, built, name):
    link = lesson_of(book, name).select_one(".ways-in a.download")
    file = (built / "lessons" / link["href"]).resolve()
    assert file.name == f"{name}.ipynb"
    assert file.read_bytes() == (ROOT / "lessons" / file.name).read_bytes()


def test_binder_and_colab_are_offered_where_the_course_is_published(book):
    line = pages.ways_in("01_forward_rl", "someone/course")
    file = "lessons/01_forward_rl.ipynb"
    assert f"(https://mybinder.org/v2/gh/someone/course/HEAD?labpath={file})" in line
    assert f"(https://colab.research.google.com/github/someone/course/blob/HEAD/{file})" in line
    assert (ROOT / file).exists() and (ROOT / "environment.yml").exists()
    for name in LESSONS:  # as long as nobody has said where that is
        assert not re.search("binder|colab", str(lesson_of(book, name)), re.IGNORECASE)


# In a browser


@pytest.fixture(scope="module")
def window(built, tmp_path_factory):
    """A window on the book behind a server of this machine, which is all it can reach."""
    browser.needed()
    handler = functools.partial(Quiet, directory=built)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/"
        folder = tmp_path_factory.mktemp("window")
        with browser.browsing(address, folder) as window, window.photographed():
            yield window
        server.shutdown()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture(params=["index", "glossary", "references", "search", *LESSONS])
def shown(request, window):
    """One page after the other, with its mathematics set; the window."""
    window.foreign.clear(), window.errors.clear()
    folder = "lessons/" if request.param in LESSONS else ""
    window.page.goto(f"{window.address}{folder}{request.param}.html")
    window.page.evaluate("async () => { await window.MathJax?.startup.promise }")
    return window


def faults(page, context=None, **options):
    """What axe-core finds wrong, as far as it is serious."""
    from axe_playwright_python.sync_playwright import Axe

    options = {"resultTypes": ["violations"], **options}
    found = Axe().run(page, context, options).response["violations"]
    return [
        f"{fault['id']}: {node['html'][:200]}"
        for fault in found
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


CONTRAST = {"runOnly": ["color-contrast"]}  # the slowest rule by far, so a run of its own


def test_a_page_is_whole_and_accessible(shown):
    """By itself, for axe-core, at the desk and on a phone."""
    page = shown.page
    assert page.locator("mjx-container").count() == page.locator(".math").count()
    assert page.locator("mjx-merror").count() == 0
    assert "$$" not in page.locator("article").inner_text()
    open_folds(page)
    assert faults(page, rules={"color-contrast": {"enabled": False}}) == []
    page.set_viewport_size({"width": 400, "height": 800})
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) == 0
    page.set_viewport_size({"width": 1280, "height": 900})
    assert shown.foreign == [] and shown.errors == []


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_brings_no_colours_of_its_own(book, name):
    """So what has contrast in one lesson has it in all of them."""
    styles = [part["style"] for part in lesson_of(book, name).find_all(style=True)]
    assert not re.search(r"color|background(?!:none)|opacity", " ".join(styles))


@pytest.mark.parametrize("address", ["index", "glossary", "references", "lessons/00_start_here"])
def test_all_colours_have_contrast(window, address):
    """Every part, code and mathematics too, in light and in dark."""
    page = window.page
    page.goto(f"{window.address}{address}.html")
    open_folds(page)
    assert faults(page, **CONTRAST) == []
    with in_dark(page):
        assert faults(page, **CONTRAST) == []


def open_folds(page):
    page.evaluate("document.querySelectorAll('details').forEach((fold) => (fold.open = true))")


@contextlib.contextmanager
def in_dark(page):
    page.emulate_media(color_scheme="dark")
    yield
    page.emulate_media(color_scheme="light")


def test_the_search_finds(window):
    window.page.goto(f"{window.address}index.html")
    window.page.get_by_role("textbox", name="Search").fill("occupancy")
    window.page.keyboard.press("Enter")
    window.page.locator("#search-results li a", has_text="01 Forward").first.click()
    window.page.wait_for_url("**/lessons/01_forward_rl.html*")


def test_the_keyboard_is_enough(window):
    """Past the navigation in one step, and into a folded hint; the focus is seen."""
    page = window.page
    page.goto(f"{window.address}lessons/01_forward_rl.html")
    page.keyboard.press("Tab")
    assert "Skip to content" in page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    hint = page.locator("article details", has_text="Hint 1").first
    for _ in range(60):
        page.keyboard.press("Tab")
        if hint.evaluate("(fold) => fold.contains(document.activeElement)"):
            break
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    assert hint.evaluate("(fold) => fold.open")
