"""The notebook build and the headless runs, on small sources and a registry made up here."""

import base64
import io
import json
import re
import shutil
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from irl_course.notebooks import build, execute, learner, run
from irl_course.notebooks.source import Faults, as_text, headings, read

SOURCE = '''\
# %% [markdown]
# # 07 A toy
#
# By the end you can double. 5 minutes.

# %%
import json
import os
import warnings
from pathlib import Path

def check(f):
    """A check that only writes down what the course's own would."""
    home = Path(os.environ["IRL_COURSE_HOME"], "progress")
    home.mkdir(parents=True, exist_ok=True)
    try:
        right = f(4) == 8
        outcome = "correct" if right else "not right yet"
    except NotImplementedError:
        right, outcome = False, "not attempted"
    entry = {"outcome": outcome, "points": 2 * right, "max_points": 2, "violation": "Try 4."}
    (home / "double.json").write_text(json.dumps(entry))
    print("double:", outcome)
    return f if right else lambda x: 2 * x

# %% [markdown]
# ## Doubling, twice
#
# A formula
#
# $$ f(x) = 2 x $$
#
# and a `$$` in code.

# %%
def double(x):
    """Twice x.

    Args:
        x: a number.
    """
    ### BEGIN SOLUTION
    secret_answer = x + x
    return secret_answer
    ### END SOLUTION

# %%
double = check(double)

# %% tags=["slow"]
double(21)

# %% [markdown]
# ### Exercise

# %%
print("again")
'''

HINTS = ("Add.", "Use $x + x$.", "Return it:\n\n$$ x + x $$")


def registry(lesson, points=2, hints=HINTS):
    """A registry with the one exercise of lesson 07."""
    return {"double": SimpleNamespace(points=points, hints=hints)} if lesson == "07" else {}


def empty(lesson):
    """A registry without exercises."""
    return {}


def write(folder, text, name="07_toy"):
    """A course folder with one source."""
    path = folder / "solutions" / f"{name}.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The toy lesson, built once; tests that change it take a copy."""
    folder = tmp_path_factory.mktemp("course")
    write(folder, SOURCE)
    assert build(root=folder, registry=registry) == 0
    return folder


@pytest.fixture
def course(made, tmp_path):
    """A copy of the toy course to spoil."""
    return shutil.copytree(made, tmp_path / "course")


def notebook(folder, kind):
    return nbformat.read(folder / kind / "07_toy.ipynb", as_version=4)


def by_id(folder, kind):
    return {cell.id: cell for cell in notebook(folder, kind).cells}


# --- what is made --------------------------------------------------------------------------


def test_a_lesson_has_stubs_and_no_outputs(made):
    lesson = notebook(made, "lessons")
    code = [cell for cell in lesson.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert "secret_answer" not in as_text(lesson)
    answer = by_id(made, "lessons")["double"].source
    assert answer.endswith('"""\n    # YOUR CODE HERE\n    raise NotImplementedError')


def test_a_solution_has_answers_markers_and_outputs(made):
    cells = by_id(made, "solutions")
    assert "    ### BEGIN SOLUTION\n    secret_answer = x + x" in cells["double"].source
    assert cells["check-double"].outputs[0].text == "double: correct\n"
    assert cells["doubling-twice-2"].outputs[0].data["text/plain"] == "42"
    assert [c.execution_count for c in cells.values() if c.cell_type == "code"] == [1, 2, 3, 4, 5]


def test_ids_come_from_the_text(made):
    ids = list(by_id(made, "lessons"))
    assert ids == [
        "07-a-toy-1",
        "07-a-toy-2",
        "doubling-twice-1",
        "double",
        "check-double",
        "hints-double",
        "doubling-twice-2",
        "exercise-1",
        "exercise-2",
    ]
    assert ids == list(by_id(made, "solutions"))


def test_a_new_cell_leaves_the_ids_of_other_sections_alone(made, tmp_path):
    more = SOURCE.replace("## Doubling", "## New\n\n# %%\n1\n\n# %% [markdown]\n# ### Exercise\n"
                          "\n# %%\n2\n\n# %% [markdown]\n# ## Doubling")  # fmt: skip
    cells = read(write(tmp_path, more), registry).notebook(solved=False).cells
    ids = [cell.id for cell in cells]
    assert set(by_id(made, "lessons")) - {"exercise-1", "exercise-2"} <= set(ids)
    assert ids[-2:] == ["exercise-2-1", "exercise-2-2"]
    assert len(set(ids)) == len(ids)


def test_ids_are_valid_for_any_heading(tmp_path):
    titles = ["# Ünïcode — only", "# " + "long " * 40, "# 名前", "# a", "# a-2", "# a", "# a"]
    text = "".join(f"# %% [markdown]\n# {title}\n\n" for title in titles)
    ids = [cell.id for cell in read(write(tmp_path, text), empty).cells]
    assert len(set(ids)) == len(titles)
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", one) for one in ids)


def test_nbgrader_metadata(made):
    cells = by_id(made, "lessons")
    same = {"schema_version": 3, "task": False}
    assert cells["double"].metadata == {
        "deletable": False,
        "nbgrader": same
        | {"grade_id": "double", "grade": False, "solution": True, "locked": False},
    }
    locked = {"deletable": False, "editable": False}
    assert cells["check-double"].metadata == locked | {
        "tags": ["nbval-check-output"],
        "nbgrader": same
        | {"grade_id": "check-double", "grade": True, "solution": False, "locked": True}
        | {"points": 2, "cell_type": "code"},
    }
    assert cells["hints-double"].metadata == locked | {
        "nbgrader": same
        | {"grade_id": "hints-double", "grade": False, "solution": False, "locked": True}
        | {"cell_type": "markdown"},
    }
    assert "nbgrader" not in cells["doubling-twice-2"].metadata


def test_hints_are_folded_and_leave_mathematics_to_markdown(made):
    hints = by_id(made, "lessons")["hints-double"].source
    assert hints.startswith("<details>\n<summary>Hint 1</summary>\n\nAdd.\n\n</details>\n\n")
    assert hints.endswith("\n\n$$ x + x $$\n\n</details>")
    assert hints.count("<details>") == hints.count("</details>") == 3


def test_other_metadata(made):
    lesson, solution = notebook(made, "lessons"), notebook(made, "solutions")
    assert lesson.metadata.kernelspec == {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    }
    assert "version" not in solution.metadata.language_info
    assert lesson.metadata.irl_course == {"lesson": "07"}
    assert set(solution.metadata) == {"kernelspec", "language_info", "irl_course"}
    assert by_id(made, "lessons")["doubling-twice-2"].metadata == {"tags": ["slow"]}


def test_files_end_in_one_newline_and_validate(made):
    for kind in ("lessons", "solutions"):
        data = (made / kind / "07_toy.ipynb").read_bytes()
        assert data.endswith(b"}\n")
        assert b"\r" not in data
        nbformat.validate(json.loads(data))


def test_the_index_has_title_and_promise(made):
    text = (made / "lessons" / "README.md").read_text()
    assert "| [07 A toy](07_toy.ipynb) | By the end you can double. 5 minutes. |" in text


def test_a_second_build_gives_the_same_bytes(course, capsys):
    before = {path: path.read_bytes() for path in course.glob("*/*.ipynb")}
    assert build(root=course, registry=registry) == 0
    assert {path: path.read_bytes() for path in course.glob("*/*.ipynb")} == before
    assert "07_toy: running 5 cells\n07_toy: written" in capsys.readouterr().out


# --- is it fresh? --------------------------------------------------------------------------


def stale(course, capsys, registry=registry):
    code = build(root=course, check=True, registry=registry)
    said = capsys.readouterr().err
    assert code == (1 if said else 0)
    return said


def test_fresh_is_fresh_and_nothing_is_touched(course, capsys):
    before = {path: path.stat().st_mtime_ns for path in course.rglob("*")}
    assert stale(course, capsys) == ""
    assert {path: path.stat().st_mtime_ns for path in course.rglob("*")} == before


def test_a_changed_source_makes_both_stale(course, capsys):
    write(course, SOURCE.replace("21", "22"))
    said = stale(course, capsys)
    assert "lessons/07_toy.ipynb: not what its source gives; run `irl-course build 07`" in said
    assert "solutions/07_toy.ipynb: not what" in said


def test_a_changed_answer_makes_the_solution_stale(course, capsys):
    write(course, SOURCE.replace("x + x", "2 * x"))
    said = stale(course, capsys)
    assert "solutions/07_toy.ipynb" in said
    assert "lessons/" not in said


@pytest.mark.parametrize("change", [{"points": 3}, {"hints": ("a", "b", "c")}])
def test_a_changed_registry_makes_both_stale(course, capsys, change):
    said = stale(course, capsys, lambda lesson: registry(lesson, **change))
    assert "lessons/07_toy" in said
    assert "solutions/07_toy" in said


@pytest.mark.parametrize("kind", ["lessons", "solutions"])
@pytest.mark.parametrize("spoil", [None, "", "{}", "[1]", '{"nbformat": 4, "cells": 1}'])
def test_a_missing_or_broken_product_is_stale(course, capsys, kind, spoil):
    path = course / kind / "07_toy.ipynb"
    path.unlink() if spoil is None else path.write_text(spoil)
    assert f"{kind}/07_toy.ipynb: not what" in stale(course, capsys)


def test_a_stripped_solution_is_stale(course, capsys):
    lesson = read(course / "solutions" / "07_toy.py", registry)
    (course / "solutions" / "07_toy.ipynb").write_text(as_text(lesson.notebook(solved=True)))
    assert "solutions/07_toy.ipynb: not what" in stale(course, capsys)


def test_the_tag_that_running_adds_is_not_compared(course, capsys):
    write(course, change('tags=["slow"]', 'tags=["nbval-ignore-output"]'))
    path = course / "solutions" / "07_toy.ipynb"
    assert build(root=course, registry=registry) == 0
    assert stale(course, capsys) == ""
    path.write_text(
        path.read_text().replace('"nbval-ignore-output"', '"nbval-ignore-output", "slow"')
    )
    assert "solutions/07_toy.ipynb: not what" in stale(course, capsys)


def test_outputs_and_line_ends_are_not_compared(course, capsys):
    path = course / "solutions" / "07_toy.ipynb"
    path.write_text(path.read_text().replace('"42"', '"43"'))
    for path in course.glob("*/*.*"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert stale(course, capsys) == ""


def test_the_fingerprint_is_the_source_s(course, capsys):
    before = notebook(course, "solutions").metadata.irl_course.fingerprint
    assert re.fullmatch("[0-9a-f]{64}", before)
    write(course, change("\n# %%\nimport", "\n\n\n# %%\nimport"))  # changes no cell
    said = stale(course, capsys)
    assert "solutions/07_toy" in said
    assert "lessons/07_toy" not in said


def test_a_product_without_a_source_is_reported(course, capsys):
    shutil.copy(course / "lessons" / "07_toy.ipynb", course / "lessons" / "08_old.ipynb")
    assert "lessons/08_old.ipynb: has no source" in stale(course, capsys)


def test_a_changed_promise_makes_the_index_stale(course, capsys):
    (course / "lessons" / "README.md").write_text("# Lessons\n")
    assert "lessons/README.md: not what" in stale(course, capsys)


# --- what is refused -----------------------------------------------------------------------


def change(old, new):
    assert old in SOURCE
    return SOURCE.replace(old, new)


ANSWER = SOURCE[SOURCE.index("# %%\ndef double") : SOURCE.index("# %% tags")]
BEGIN, END = "    ### BEGIN SOLUTION\n", "    ### END SOLUTION\n"
FIRST, DEF = "# %% [markdown]", "def double"
FAULTS = {  # the source, words of the line that is named, words of the sentence
    "never closed": (change(END, ""), BEGIN, "never closed"),
    "never opened": (change(BEGIN, ""), END, "without a BEGIN"),
    "nested": (change(BEGIN, BEGIN + BEGIN), BEGIN, "still open"),
    "closed twice": (change(END, END + END), END, "without a BEGIN"),
    "over two cells": (change("    secret", "# %%\n    secret"), BEGIN, "never closed"),
    "in prose": (change("# A formula", "# ### BEGIN SOLUTION"), "# ###", "alone on a line of code"),
    "small letters": (change("BEGIN SOL", "begin sol"), "begin", "### BEGIN SOLUTION"),
    "two signs": (change("### END", "## END"), "## END", "### END SOLUTION"),
    "without a space": (change("### BEGIN", "###BEGIN"), "###BEGIN", "### BEGIN SOLUTION"),
    "plural": (change("END SOLUTION", "END SOLUTIONS"), "SOLUTIONS", "### END SOLUTION"),
    "more words": (change("BEGIN SOLUTION", "BEGIN SOLUTION x"), "SOLUTION x", "### BEGIN"),
    "other indent": (change(END, END[4:]), END[4:], "indented otherwise"),
    "outside a function": (
        change('print("again")', "### BEGIN SOLUTION\nx = 1\n### END SOLUTION"),
        "### BEGIN", "one function"
    ),
    "two functions": (
        change(END, END + f"def other():\n{BEGIN}    return 1\n{END}"), BEGIN, "one function"
    ),
    "not Python": (change("secret_answer = x", "secret answer = x"), "t answer", "plain Python"),
    "no Python without it": (
        change(BEGIN, "    x = [\n" + BEGIN)
        .replace("    secret_answer = x + x\n    return secret_answer\n", "    1,\n")
        .replace(END, END + "    ]\n"),
        BEGIN, "not Python any more"
    ),
    "no check": (change("double = check(double)\n", "1\n"), DEF, "no check cell"),
    "check before": (
        change(ANSWER, "# %%\ndouble = check(double)\n\n" + ANSWER.replace("= check", "= same")),
        "double = check(double)", "does not follow"
    ),
    "other check": (change("double = check(double)", "f = check(double)"), "f =", "same name"),
    "two checks": (
        change("double = check(double)", "double = check(double)\ndouble = check(double)"),
        "double = check", "one `name = check(name)`"
    ),
    "answer and check in one": (change("\n# %%\ndouble = ch", "\ndouble = ch"), DEF, "two cells"),
    "unknown exercise": (SOURCE.replace("double", "triple"), "check(", "'triple' is not a regist"),
    "not asked for": (SOURCE.replace("double", "triple"), FIRST, "'double' is registered"),
    "asked twice": (SOURCE + "\n" + ANSWER, DEF, "asked for twice"),
    "maths in a paragraph": (change("# A formula\n#\n", "# A formula\n"), "$$ f", "of its own"),
    "maths in a line": (change("# $$ f(x) = 2 x $$", "# So $$ f(x) $$"), "So $$", "of its own"),
    "text after maths": (change("2 x $$\n#\n", "2 x $$\n"), "# and a", "an empty line"),
    "after blank lines": (change("# ## Doubling", "#\n#\n# So $$ x $$"), "So $$", "of its own"),
    "text behind maths": (change("2 x $$", "2 x $$."), "$$.", "ends its line"),
    "open maths": (change("2 x $$", "2 x"), "$$ f", "never closed"),
    "no first cell": ("import json\n" + SOURCE, FIRST, "the first one too"),
    "no cell": ("import json\n", "import json", "the first one too"),
    "cell mark in a string": (change('"again"', '"""\n# %%\n"""'), FIRST, "no string holds"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_faults_are_refused_with_file_and_line(name, course, capsys):
    text, mark, sentence = FAULTS[name]
    write(course, text)
    before = {path: path.read_bytes() for path in course.glob("*/*.ipynb")}
    assert build(root=course, registry=registry) == 1
    said = [
        re.fullmatch(r"solutions/07_toy\.py:(\d+): (.+)", line)
        for line in capsys.readouterr().err.splitlines()
    ]
    assert all(said)
    lines = [text.splitlines()[int(match[1]) - 1] for match in said if sentence in match[2]]
    assert len(lines) == 1, said
    assert mark.rstrip("\n") in lines[0]
    assert {path: path.read_bytes() for path in course.glob("*/*.ipynb")} == before


def test_every_fault_is_named_at_once(tmp_path):
    text = SOURCE.replace(END, "").replace("# A formula\n#\n", "# A formula\n")
    with pytest.raises(Faults) as caught:
        read(write(tmp_path, text), registry)
    said = [sentence for _, sentence in caught.value.found]
    assert len(said) == 4  # without its region the cell is no answer any more
    assert "registered for this lesson" in said[0]
    assert "starts a paragraph" in said[1]
    assert "never closed" in said[2]
    assert "does not follow" in said[3]


def test_displayed_mathematics_that_is_right(tmp_path):
    right = "Text\n\n$$\na\n= b\n$$\n\n> $$ c $$\n\n```\nx $$ y\n```\n"
    text = "# %% [markdown]\n" + re.sub("^", "# ", right, flags=re.MULTILINE)
    assert read(write(tmp_path, text), empty).cells[0].line == 2


def test_a_file_that_is_not_text(tmp_path, capsys):
    write(tmp_path, "").write_bytes(b"# %%\n'\xff'\n")
    assert build(root=tmp_path, registry=empty) == 1
    assert "solutions/07_toy.py:1: the file is not UTF-8" in capsys.readouterr().err


def test_names_choose_lessons(course, capsys):
    for name in ("07", "07_toy", "solutions/07_toy.py", "lessons/07_toy.ipynb"):
        assert build([name], check=True, root=course, registry=registry) == 0
    assert build(["08"], check=True, root=course, registry=registry) == 2
    assert "There is no lesson '08'. There are: 07_toy." in capsys.readouterr().err


def test_a_folder_without_sources(tmp_path, capsys):
    assert build(root=tmp_path, registry=empty) == 2
    assert "no lesson's source" in capsys.readouterr().err


FIGURE = """\
# %% [markdown]
# # Picture

# %%{alt}
import base64
from IPython.display import Image, display
display(Image(base64.b64decode("{png}")))
"""


def png(**info):
    """A small picture with a text chunk, as a notebook keeps it."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    text = PngInfo()
    text.add_text("Software", "made here")
    # smooth colours with a little noise, like a drawn field with its blurred edges
    field = np.add.outer(np.arange(99), np.arange(99))[..., None] + np.array([0, 40, 80])
    field = field + np.random.default_rng(0).integers(0, 9, field.shape)
    data = io.BytesIO()
    Image.fromarray(field.astype(np.uint8)).save(data, "PNG", pnginfo=text, dpi=(200, 200), **info)
    return base64.b64encode(data.getvalue()).decode()


def test_running_faults_name_their_line_and_spare_the_other_lessons(tmp_path, capsys):
    write(tmp_path, "# %%\n1\n\n# %%\n\nx = 1\n\n\ny = 1 / 0\n", "01_fails")
    write(tmp_path, FIGURE.format(alt="", png=png()), "02_no_alt")
    write(tmp_path, FIGURE.format(alt=' alt="Dots"', png=png()), "03_fine")
    assert build(root=tmp_path, registry=empty) == 1
    said = capsys.readouterr().err
    assert "solutions/01_fails.py:9: ZeroDivisionError: division by zero\n" in said
    assert "----> 4 y = 1 / 0" in said
    assert "solutions/02_no_alt.py:5: this cell shows a picture: say what it shows" in said
    made = {path.name for path in tmp_path.glob("*/*") if path.suffix != ".py"}
    assert made == {"03_fine.ipynb"}
    cell = nbformat.read(tmp_path / "lessons" / "03_fine.ipynb", 4).cells[1]
    assert cell.metadata == {"mystnb": {"image": {"alt": "Dots"}}}


# --- outputs -------------------------------------------------------------------------------


def cleaned(*outputs, root="/nowhere"):
    cell = new_code_cell("x", outputs=list(outputs))
    execute.normalise(cell, root)
    return cell


def stream(text, name="stdout"):
    return new_output("stream", name=name, text=text)


def test_streams_are_merged_and_ordered():
    result = new_output("execute_result", {"text/plain": "1"}, execution_count=1)
    cell = cleaned(stream("w\n", "stderr"), stream("a\n"), stream("b\n"), result, stream("c\n"))
    texts = [(o.get("name"), o.get("text")) for o in cell.outputs]
    assert texts == [("stdout", "a\nb\n"), ("stderr", "w\n"), (None, None), ("stdout", "c\n")]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("<f at 0x7f3a2b4c>", "<f at 0x…>"),
        ("/some/ipykernel_123/456.py:3: Warning", "<cell>:3: Warning"),
        ("CPU times: user 3 s\nWall time: 4 s\nkept\n", "kept\n"),
        ("1.2 ms ± 3 μs per loop (mean ± std. dev. of 7 runs)\nkept", "kept"),
        ("  3%|▎  | 3/100\r100%|██| 100/100 [00:01<00:00]\nkept\n", "kept\n"),
        ("one\rtwo\n", "two\n"),
        ("/here/there/x.py", "course/x.py"),
        ("took 3 steps", "took 3 steps"),
    ],
)
def test_what_differs_between_runs_goes(text, left):
    assert cleaned(stream(text), root="/here/there").outputs[0].text == left


def test_widgets_leave_their_still_and_are_not_compared():
    view = {execute.WIDGET: {"model_id": "1"}}
    still = new_output("display_data", view | {"image/png": png(), "text/plain": "Try this."})
    bare = new_output("display_data", view | {"text/plain": "VBox(children=(Button(),))"})
    bar = new_output("display_data", view | {"text/plain": "  0%|          | 0/9 [00:00<?]"})
    cell = cleaned(still, bare, bar)
    assert [set(output.data) for output in cell.outputs] == [{"image/png", "text/plain"}]
    assert cell.metadata.tags == ["nbval-ignore-output"]


def test_pictures_lose_text_chunks_and_weight():
    before = png()
    after = execute.small_png(before)
    data = base64.b64decode(after)
    assert len(after) < len(before) * 0.75
    assert b"Software" not in data
    assert b"tEXt" not in data
    assert b"pHYs" not in data
    assert execute.small_png(before) == after


def test_a_transparent_picture_stays_transparent():
    from PIL import Image

    picture = Image.new("RGBA", (9, 9), (255, 0, 0, 0))
    picture.putpixel((4, 4), (0, 0, 255, 255))
    data = io.BytesIO()
    picture.save(data, "PNG")
    small = execute.small_png(base64.b64encode(data.getvalue()).decode())
    back = Image.open(io.BytesIO(base64.b64decode(small))).convert("RGBA")
    assert back.getpixel((0, 0))[3] == 0
    assert back.getpixel((4, 4)) == (0, 0, 255, 255)


# --- running -------------------------------------------------------------------------------


def cells(*sources):
    return new_notebook(cells=[new_code_cell(source) for source in sources])


def test_a_kernel_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("IRL_COURSE_HOME", str(tmp_path / "mine"))
    notebook = cells(
        "import os, sys, pathlib\nprint(pathlib.Path.cwd().name, sys.executable)",
        "print(os.environ['PYTHONHASHSEED'], os.environ['OMP_NUM_THREADS'])",
        "print(os.environ['IRL_COURSE_HOME'])",
    )
    assert execute.execute(notebook, tmp_path) == []
    import sys

    said = [cell.outputs[0].text.strip() for cell in notebook.cells]
    assert said[:2] == [f"{tmp_path.name} {sys.executable}", "0 1"]
    assert not said[2].startswith(str(tmp_path))


def test_endless_cells_are_stopped_and_the_rest_goes_on(tmp_path):
    notebook = cells("while True:\n    print('more')", "print('after')", "1 / 0", "print('end')")
    failures = execute.execute(notebook, tmp_path, timeout=3, keep_going=True)
    assert [(f.index, f.error, f.ended) for f in failures] == [
        (0, "stopped after 3 seconds", False),
        (2, "ZeroDivisionError: division by zero", False),
    ]
    assert notebook.cells[3].outputs[0].text == "end\n"


def test_a_cell_that_does_not_listen_loses_its_kernel(tmp_path, monkeypatch):
    monkeypatch.setattr(execute, "GRACE", 0.5)
    deaf = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"
    failures = execute.execute(cells("1", deaf, "2"), tmp_path, timeout=3, keep_going=True)
    assert [(f.index, f.ended) for f in failures] == [(1, True)]
    assert failures[0].error == "stopped after 3 seconds, with its kernel"


def test_a_dead_kernel_is_noticed(tmp_path):
    failures = execute.execute(cells("import os; os._exit(1)", "2"), tmp_path, keep_going=True)
    assert [(f.index, f.error, f.ended) for f in failures] == [(0, "its kernel died", True)]


def test_an_expected_error_is_no_failure(tmp_path):
    notebook = cells("1 / 0", "2")
    notebook.cells[0].metadata["tags"] = ["raises-exception"]
    assert execute.execute(notebook, tmp_path) == []


def save(path, notebook):
    path.write_text(nbformat.writes(notebook), encoding="utf-8")
    return path


def test_run_names_the_cell_and_the_error(made, tmp_path, capsys):
    broken = cells("x = 1", "open('data.txt')\ny = 2", "z = 3")
    broken.cells.insert(0, new_markdown_cell("# Reading"))
    path = save(tmp_path / "broken.ipynb", broken)
    before = path.read_bytes()
    lesson = made / "lessons" / "07_toy.ipynb"
    assert run([lesson, path]) == 1
    said = capsys.readouterr()
    fine, failed = said.out.splitlines()
    assert re.fullmatch(rf"{re.escape(str(lesson))}: fine, \d+\.\d s", fine)
    assert re.fullmatch(rf"{re.escape(str(path))}: failed, \d+\.\d s", failed)
    assert "cell 3 (below “Reading”), `open('data.txt')`: FileNotFoundError" in said.err
    assert path.read_bytes() == before


def test_run_finds_the_files_beside_the_notebook(tmp_path):
    (tmp_path / "data.txt").write_text("here")
    save(tmp_path / "reads.ipynb", cells("assert open('data.txt').read() == 'here'"))
    assert run([tmp_path]) == 0


def toy(x):
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": x})


UNREADABLE = {
    "empty": (b"", "is empty"),
    "blank": (b" \n", "is empty"),
    "text": (b"hello", r"is not JSON \(line 1\)"),
    "half": (b'{\n"nbformat": 4,\n"cells": [', r"is not JSON \(line 3\)"),
    "deep": (b"[" * 100_000, "is not JSON"),
    "bom": (b"\xef\xbb\xbf{}", "byte-order mark"),
    "utf-16": ("{}".encode("utf-16"), "byte-order mark"),
    "latin-1": ('{"a": "ä"}'.encode("latin-1"), "is not UTF-8"),
    "list": (b"[1]", "is JSON, but not a notebook"),
    "object": (b"{}", "is JSON, but not a notebook"),
    "old": (b'{"nbformat": 3, "worksheets": []}', "old format"),
    "no cells": (b'{"nbformat": 4}', "damaged"),
    "number": (toy(3).encode(), "damaged"),
    "numbers": (toy([1, 2]).encode(), "damaged"),
    "no source": (toy([{"cell_type": "code"}]).encode(), "damaged"),
    "null source": (toy([{"cell_type": "code", "source": None}]).encode(), "damaged"),
    "half a letter": (
        toy([{"cell_type": "markdown", "metadata": {}, "source": "\ud800"}]).encode(), "damaged"
    ),
    "not ours": (toy([]).encode(), "not a lesson of this course"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_no_lesson_is_one_sentence(name, tmp_path, capsys):
    data, sentence = UNREADABLE[name]
    path = tmp_path / "mine.ipynb"
    path.write_bytes(data)
    assert learner.check([path], registry=registry) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert re.fullmatch(rf"{re.escape(str(path))}: the \w+ .*{sentence}.*\n", said.err)


def test_missing_files_and_empty_folders(tmp_path, capsys):
    missing = tmp_path / "missing.ipynb"
    assert learner.check([missing, tmp_path]) == 2
    assert run([missing, tmp_path]) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[0] == f"{missing}: the file cannot be read (No such file or directory)"
    assert said[1] == f"{tmp_path}: there is no notebook in this folder"
    assert said[2:] == said[:2]


def answered(course, body, before=""):
    """The toy lesson with an answer in it."""
    lesson = notebook(course, "lessons")
    for cell in lesson.cells:
        if cell.id == "double" and body:
            start = cell.source.index("    # YOUR CODE")
            cell.source = cell.source[:start] + body + cell.source[start:].split("Error")[1]
    if before:
        lesson.cells.insert(3, new_code_cell(before))
    return save(course / "lessons" / "07_toy.ipynb", lesson)


@pytest.mark.parametrize(
    ("body", "before", "code", "outcome", "said"),
    [
        ("", "", 1, "not attempted", ""),
        ("    return 2 * x", "", 0, "correct", ""),
        ("    return x", "", 1, "not right yet", "Try 4."),
        ("    return 2 * x", "unknown", 0, "correct", "`unknown`: NameError: name 'unknown' is"),
        ("    return ((", "", 1, "not right yet", "Its cell did not run: SyntaxError"),
        ("    return 2 * x", "import os; os._exit(1)", 1, "not attempted", "Not judged: its check"),
    ],
)
def test_check_tells_the_outcome(course, capsys, body, before, code, outcome, said):
    path = answered(course, body, before)
    untouched = path.read_bytes()
    assert learner.check([path], timeout=20, registry=registry) == code
    lines = capsys.readouterr().out.splitlines()
    earned = 2 if outcome == "correct" else 0
    assert lines[0] == str(path)
    assert lines[1].split() == ["exercise", "outcome", "points"]
    assert re.fullmatch(rf"  double +{outcome} +{earned} of 2", lines[2])
    assert any(re.fullmatch(rf"  total +{earned} of 2", line) for line in lines)
    assert said in "\n".join(lines)
    assert path.read_bytes() == untouched


def test_headings_are_not_looked_for_in_code():
    text = "# One\n\n```\n# no\n```\n\n## Two #\n####### no\n#no"
    assert [(level, words) for _, level, words in headings(text)] == [(1, "One"), (2, "Two")]


def test_a_heading_keeps_the_name_it_has_in_code():
    text = "Prose\n\n### Exercise: `occupancy`\n\n```\n# no heading\n```"
    assert headings(text) == [(2, 3, "Exercise: occupancy")]
