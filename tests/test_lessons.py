"""Every lesson as it is in the tree: fresh, runnable, answered in solutions only, in good form.

All tests run over `solutions/*.py`, so a new lesson is covered as soon as its source is there.
That the solutions run and their checks say what is stored is nbval's part: pytest collects
`solutions/*.ipynb` itself (see pyproject.toml), which the first tests here make sure of.
"""

import ast
import json
import re
import shlex
import time
import tomllib
from pathlib import Path

import pytest

from irl_course import checks
from irl_course.notebooks import build, learner
from irl_course.notebooks.source import CHECKED, NAME, Faults, headings, prose_lines, read

ROOT = Path(__file__).parents[1]
SOURCES = sorted(path for path in ROOT.glob("solutions/*.py") if NAME.fullmatch(path.stem))
CODE_LINES, PROSE_WORDS = 20, 150
TELLING = 12  # letters from which a line of a solution gives something away before its exercise
LEAK = 30  # and from which it may not even stand in a cell below


def parsed(path):
    try:
        return read(path, checks.exercises)
    except Faults as broken:
        raise AssertionError(f"{path.name}: {broken}") from None


PARSED = {path.stem: parsed(path) for path in SOURCES}
every_lesson = pytest.mark.parametrize("name", PARSED)


def stored(kind, name):
    """A notebook's JSON, read without nbformat so that nothing is put right on the way."""
    return json.loads((ROOT / kind / f"{name}.ipynb").read_text(encoding="utf-8"))


def code(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def text(cell):
    return "".join(cell["source"])


# --- nothing is left out -------------------------------------------------------------------


def test_there_are_lessons():
    assert SOURCES
    numbers = {path.stem[:2] for path in SOURCES}
    assert len(numbers) == len(SOURCES)
    assert {exercise.lesson for exercise in checks.exercises().values()} <= numbers


def test_pytest_runs_the_solutions_under_nbval():
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    chosen = shlex.split(options["addopts"])
    assert "solutions" in options["testpaths"]
    assert {"--nbval-lax", "--nbval-current-env"} <= set(chosen)
    assert not any("ignore" in option or "deselect" in option for option in chosen)


def test_every_product_is_fresh(capsys):
    code = build(check=True, root=ROOT)
    assert code == 0, capsys.readouterr().err


# --- solutions -----------------------------------------------------------------------------


@every_lesson
def test_a_solution_was_executed_from_top_to_bottom(name):
    cells = code(stored("solutions", name))
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert any(cell["outputs"] for cell in cells)


@every_lesson
def test_every_check_of_a_solution_says_correct_and_is_compared(name):
    checking = [cell for cell in code(stored("solutions", name)) if cell["id"].startswith("check-")]
    assert len(checking) == len(PARSED[name].exercises)
    for cell in checking:
        shown = json.dumps(cell["outputs"], ensure_ascii=False)
        assert f"{cell['id'][6:]}: correct, " in shown
        assert CHECKED in cell["metadata"]["tags"]


@every_lesson
def test_no_error_is_stored_that_was_not_meant(name):
    for cell in code(stored("solutions", name)):
        if "raises-exception" not in cell["metadata"].get("tags", []):
            kinds = [(out["output_type"], out.get("name")) for out in cell["outputs"]]
            assert ("error", None) not in kinds, cell["id"]
            assert ("stream", "stderr") not in kinds, cell["id"]


@every_lesson
def test_no_path_of_a_machine_is_stored(name):
    outputs = json.dumps([cell["outputs"] for cell in code(stored("solutions", name))])
    assert not re.search(r"/home/|/Users/|/tmp/|[A-Z]:\\\\|site-packages", outputs)


@every_lesson
def test_every_picture_has_an_alternative_in_words(name):
    for cell in code(stored("solutions", name)):
        if any("image/png" in out.get("data", {}) for out in cell["outputs"]):
            alt = cell["metadata"].get("mystnb", {}).get("image", {}).get("alt", "")
            assert len(alt.split()) >= 5, cell["id"]


# --- lessons -------------------------------------------------------------------------------


@every_lesson
def test_a_lesson_has_no_outputs(name):
    for cell in code(stored("lessons", name)):
        assert cell["outputs"] == []
        assert cell["execution_count"] is None


@every_lesson
def test_a_lesson_has_no_line_of_a_solution(name):
    cells = code(stored("lessons", name))
    assert "SOLUTION" not in "".join(map(text, cells))
    ids = [cell["id"] for cell in cells]
    for cell in filter(lambda cell: cell.answers, PARSED[name].cells):
        inside = {n for begin, end in cell.regions for n in range(begin, end + 1)}
        stub = "\n".join(line for n, line in enumerate(cell.lines) if n not in inside)
        check_cell = ids.index(f"check-{cell.answers}")
        for number in sorted(inside):
            line = cell.lines[number].strip()
            seen = cells if len(line) >= LEAK else cells[: check_cell + 1]
            if len(line) >= TELLING and line not in stub:
                holding = [shown["id"] for shown in seen if line in text(shown)]
                assert not holding, f"line {cell.line + number} of the source"


@every_lesson
def test_a_lesson_has_a_stub_a_check_and_three_hints_for_every_exercise(name):
    cells = {cell["id"]: cell for cell in stored("lessons", name)["cells"]}
    for exercise in PARSED[name].exercises.values():
        assert text(cells[exercise.name]).rstrip().endswith("raise NotImplementedError")
        assert f"check({exercise.name})" in text(cells[f"check-{exercise.name}"])
        assert text(cells[f"hints-{exercise.name}"]).count("<summary>Hint ") == 3


@every_lesson
def test_an_untouched_lesson_runs_to_its_end(name):
    path = ROOT / "lessons" / f"{name}.ipynb"
    before, started = path.read_bytes(), time.monotonic()
    report = learner.judge(path, timeout=120)
    print(f"{name}: {time.monotonic() - started:.1f} s")  # told, not tested: machines differ
    assert not report.failures, learner.table(report)
    for entry in report.entries:
        assert (entry["outcome"], entry["points"]) == ("not attempted", 0)
        assert entry["recorded"], f"the check of {entry['name']} left no record"
    assert path.read_bytes() == before


def test_answers_typed_into_a_lesson_are_judged(tmp_path):
    """A right answer whose check cell is gone, and a wrong one, as a learner's file has them."""
    name = "01_forward_rl"
    lesson, solution = stored("lessons", name), stored("solutions", name)
    answers = {cell["id"]: cell["source"] for cell in solution["cells"]}
    for cell in lesson["cells"]:
        if cell["id"] == "bellman_backup":
            cell["source"] = answers["bellman_backup"]
        if cell["id"] == "value_iteration":
            cell["source"] = "def value_iteration(mdp, reward, tol):\n    return reward, reward\n"
    lesson["cells"] = [cell for cell in lesson["cells"] if cell["id"] != "check-bellman_backup"]
    path = tmp_path / "mine.ipynb"
    path.write_text(json.dumps(lesson), encoding="utf-8")
    report = learner.judge(path)
    found = {entry["name"]: entry["outcome"] for entry in report.entries}
    assert found.pop("bellman_backup") == "correct"
    assert found.pop("value_iteration") == "not right yet"
    assert set(found.values()) == {"not attempted"}
    assert not report.failures


# --- form ----------------------------------------------------------------------------------


def budgeted(cell):
    """A code cell's lines without the docstrings, which have a form of their own."""
    lines = set(range(1, len(cell.lines) + 1))
    for node in ast.walk(ast.parse(cell.text)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            lines -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return [line for n, line in enumerate(cell.lines, 1) if n in lines and line.strip()]


@every_lesson
def test_code_cells_are_short(name):
    long = {
        cell.line: len(budgeted(cell))
        for cell in PARSED[name].cells
        if cell.kind == "code" and len(budgeted(cell)) > CODE_LINES
    }
    assert not long, f"lines of the cells that begin at these lines of {name}.py: {long}"


@every_lesson
def test_prose_cells_are_short(name):
    long = {}
    for cell in PARSED[name].cells:
        prose = "\n".join(line for _, line in prose_lines(cell.text))
        words = re.sub(r"\$\$.*?\$\$", "", prose, flags=re.DOTALL).split()
        if cell.kind == "markdown" and len(words) > PROSE_WORDS:
            long[cell.line] = len(words)
    assert not long, f"words of the cells that begin at these lines of {name}.py: {long}"


@every_lesson
def test_headings_are_in_order(name):
    lesson = PARSED[name]
    found = [
        (cell.line + line, level, words)
        for cell in lesson.cells
        if cell.kind == "markdown"
        for line, level, words in headings(cell.text)
    ]
    assert lesson.cells[0].kind == "markdown"
    assert found[0][1] == 1
    assert found[0][2].startswith(name[:2]), "the title begins with the lesson's number"
    for (_, before, _), (line, level, words) in zip(found, found[1:], strict=False):
        assert level > 1, f"{name}.py:{line}: a second title, {words!r}"
        assert level <= before + 1, f"{name}.py:{line}: {words!r} leaves out a level"


@every_lesson
def test_exercises_are_listed_as_the_lesson_asks_for_them(name):
    asked = [cell.checks for cell in PARSED[name].cells if cell.checks]
    said = f"EXERCISES of irl_course/checks/lesson_{name[:2]}.py must be in the lesson's order"
    assert list(PARSED[name].exercises) == asked, f"{said}: {asked}"


@every_lesson
def test_no_broken_line_became_a_list(name):
    """A sentence whose next line begins with `305.` or `+` is a list item for Markdown."""
    for cell in PARSED[name].cells:
        count = 0
        for number, line in prose_lines(cell.text) if cell.kind == "markdown" else ():
            item = re.match(r"\s*(?:(\d+)[.)]|\+)(?:\s|$)", line)
            if item:
                where = f"{name}.py:{cell.line + number}: {line.strip()!r} begins a list item"
                assert item[1] in ("1", str(count + 1)), where
                count = int(item[1])


@every_lesson
def test_a_lesson_leads_to_the_next(name):
    """The line stands alone; it is a link as soon as there is a lesson to go to."""
    text = "\n".join(cell.text for cell in PARSED[name].cells if cell.kind == "markdown")
    (following,) = re.findall(r"^Next: (.*)$", text, flags=re.MULTILINE)
    linked = re.fullmatch(r"\[(\d\d) .*\]\((.*)\.ipynb\)", following)
    there = {other[:2]: other for other in PARSED}.get((linked[1] if linked else following)[:2])
    assert (linked[2] if linked else None) == there, f"{name}: Next: {following}"
    if linked:  # a subtitle may be left out
        title, words = headings(PARSED[there].cells[0].text)[0][2], re.match(r"\[(.*)\]", following)
        assert words[1] in (title, title.split(":")[0]), f"{name}: {there} is called {title!r}"
