"""Lessons as a reader without a kernel should see them.

From `solutions/NN_topic.ipynb` (what was computed) and `lessons/NN_topic.ipynb` (what a learner
finds) one notebook for the book: the exercise as it is set, its hints and its solution folded
away, no checks. Beside them the landing page's cards and the list of references.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path

# The cell whose picture stands for a lesson on the landing page; its first picture where none is
# named here.
CARDS = {
    "00_start_here": "four-candidate-rewards-7",
    "01_forward_rl": "exercise-value-iteration-4",
    "02_why_learn_rewards": "exercise-shape-reward-10",
    "03_feature_matching": "can-you-learn-to-drive-like-anybody-3",
    "04_maximum_margin": "which-of-many-7",
    "05_acting_as_inference": "exercise-posterior-policy-4",
    "06_maximum_entropy_irl": "does-it-work-on-people-6",
    "07_neural_rewards": "exercise-deep-maxent-irl-3",
    "08_high_dimensions": "a-cost-that-nobody-wrote-down-6",
    "09_irl_and_gans": "who-did-that-3",
    "10_real_decisions": "when-does-an-engine-go-5",
    "11_be_the_expert": "at-once-evd-0-and-epic-3-3",
}
_MARKERS = ("### BEGIN SOLUTION", "### END SOLUTION")
# Who (year). Title, which ends with a full stop or a question mark or stands in stars.
_REFERENCE = re.compile(r".+? \(\d{4}\)\. (\*[^*]+\*|[^*]+?[.?](?=\s))")


def write(book: Path, repository: str) -> None:
    """Write the lessons' notebooks, pictures and fragments into `book/lessons`.

    Args:
        book: the folder of the book's sources; the course's folder is above it.
        repository: "owner/name" where the course is published, or nothing.
    """
    root, folder = book.parent, book / "lessons"
    folder.mkdir(exist_ok=True)
    listed = json.loads((book / "references.json").read_text("utf-8"))
    links = {title.casefold(): address for title, address in listed.items()}
    made: dict[str, bytes] = {}
    cited: dict[str, tuple[str, list[str]]] = {}
    cards = []
    for path in sorted((root / "solutions").glob("*.ipynb")):
        name = path.stem
        solved, given = (
            json.loads((root / kind / path.name).read_text("utf-8"))
            for kind in ("solutions", "lessons")
        )
        cards.append(_card(name, solved["cells"], made))
        for cell in solved["cells"]:
            for title, item in _references(cell):
                shortest, lessons = cited.get(title.casefold(), (item, []))
                cited[title.casefold()] = min(shortest, item, key=len), [*lessons, name]
        solved["cells"] = [*_page(name, solved["cells"], given["cells"], links, repository)]
        solved["metadata"].pop("irl_course", None)
        made[path.name] = _as_bytes(solved)
    made["_cards.md"] = "\n".join(cards).encode()
    made["_references.md"] = reference_list(cited, links).encode()
    _store(folder, made)


def _store(folder: Path, made: dict[str, bytes]) -> None:
    """Write what is new, so that Sphinx reads again only what has changed; remove the rest."""
    for path in folder.iterdir():
        if path.name not in made:
            path.unlink()
    for name, content in made.items():
        path = folder / name
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)


def _as_bytes(notebook: dict) -> bytes:
    return json.dumps(notebook, ensure_ascii=False, indent=1).encode()


# A lesson's page


def _page(name: str, solved: list, given: list, links: dict, repository: str) -> Iterator[dict]:
    """The cells of a lesson's page, in their order."""
    stubs = {cell["id"]: cell for cell in given}
    solutions = {}
    for number, cell in enumerate(solved):
        id_ = cell["id"]
        graded = cell["metadata"].pop("nbgrader", {})
        if number == 0:
            yield _with(cell, "".join(cell["source"]) + "\n\n" + ways_in(name, repository))
        elif cell["cell_type"] == "code" and graded.get("solution"):
            yield _with(stubs[id_], metadata={})
            solutions[id_] = cell
        elif graded.get("grade"):  # a check says nothing to a reader
            continue
        elif id_.startswith("hints-"):
            yield cell
            yield _folded(solutions.pop(id_.removeprefix("hints-")))
        elif cell["cell_type"] == "code":
            yield _shown(cell)
        else:
            yield _with(cell, _linked("".join(cell["source"]), links))
    if solutions:
        raise ValueError(f"{name}: no hints, and so no place, for the solution of {[*solutions]}")


def _with(cell: dict, source: str | None = None, **changes) -> dict:
    return cell | changes | ({} if source is None else {"source": source})


def ways_in(name: str, repository: str) -> str:
    """The line below a lesson's title: how to work through it instead of reading it."""
    links = [f"[download the notebook](path:../../lessons/{name}.ipynb)"]
    if repository:
        file = f"lessons/{name}.ipynb"
        binder = f"https://mybinder.org/v2/gh/{repository}/HEAD?labpath={file}"
        colab = f"https://colab.research.google.com/github/{repository}/blob/HEAD/{file}"
        install = f"`%pip install git+https://github.com/{repository}`"
        links.insert(0, f"[open in Colab]({colab}) and first run {install}")
        links.insert(0, f"[open in Binder]({binder})")
    said = f"**Work through it:** {', '.join(links)}; [what it needs](../index.md#start)."
    return f":::{{container}} ways-in\n{said}\n:::"


def _folded(cell: dict) -> dict:
    """A solution without its markers, behind a line to open it."""
    lines = "".join(cell["source"]).split("\n")
    kept = "\n".join(line for line in lines if line.strip() not in _MARKERS)
    return _with(cell, kept, id=f"solution-{cell['id']}", metadata=_fold("Solution"))


def _fold(summary: str) -> dict:
    """The metadata of a code cell that a reader has to open."""
    prompts = {"code_prompt_show": summary, "code_prompt_hide": summary}
    return {"tags": ["hide-input"], "mystnb": prompts}


def _shown(cell: dict) -> dict:
    """A code cell with its outputs: pictures at the size they were drawn for."""
    source, metadata = "".join(cell["source"]), dict(cell["metadata"], tags=[])
    if source.startswith("check.quiz("):
        metadata["tags"] = ["remove-input"]
    if source.startswith(("import ", "from ")):
        metadata = _fold("What this lesson imports")
    if source.startswith("check.progress("):
        return _with(cell, outputs=[], metadata=metadata)  # that of whoever built the lesson
    outputs = [_with(output, data=_read_not_tried(output["data"])) if "data" in output else output
               for output in cell["outputs"]]  # fmt: skip
    for output in outputs:
        if size := output.get("metadata", {}).get("image/png"):
            image = metadata["mystnb"]["image"] | {"width": f"{size['width']}px"}
            metadata["mystnb"] = {"image": image}
    return _with(cell, outputs=outputs, metadata=metadata)


def _read_not_tried(data: dict) -> dict:
    """An interactive picture's caption, for those who see its still."""
    text = "".join(data.get("text/markdown", ""))
    if not text.startswith("**Try:**"):
        return data
    return data | {"text/markdown": text.replace("**Try:**", "**Try it in the notebook:**")}


# The landing page's cards


def _card(name: str, cells: list, made: dict[str, bytes]) -> str:
    """A lesson's title, promise and picture; the picture's file joins what is made."""
    title, promise = "".join(cells[0]["source"]).split("\n\n")[:2]
    picture = ""
    shown = [cell for cell in cells if "image" in cell["metadata"].get("mystnb", {})]
    for cell in [cell for cell in shown if cell["id"] == CARDS.get(name)] or shown[:1]:
        png = next(o["data"]["image/png"] for o in cell["outputs"] if "image/png" in o["data"])
        made[f"{name}.png"] = base64.b64decode("".join(png))
        alt = cell["metadata"]["mystnb"]["image"]["alt"].replace("[", "(").replace("]", ")")
        picture = f"![{alt}](lessons/{name}.png)\n\n"
    link = f"[{title.removeprefix('# ')}](lessons/{name}.ipynb)"
    return f":::{{container}} card\n{picture}{link}\n\n{promise}\n:::\n"


# References


def _references(cell: dict) -> Iterator[tuple[str, str]]:
    """What a cell cites at the end of a lesson: title and entry."""
    _, heading, text = "".join(cell["source"]).partition("## References\n")
    for item in re.split(r"^- ", text, flags=re.MULTILINE)[1:] if heading else ():
        item = " ".join(item.split())
        found = _REFERENCE.match(item)
        if not found:
            raise ValueError(f'a reference reads "Who (year). Title. Where.", and not {item!r}')
        yield found[1].strip("*."), item


def _linked(text: str, links: dict[str, str | None]) -> str:
    """A cell's references with their titles linked."""
    for title, _ in _references({"source": text}):
        whole = r"\s+".join(map(re.escape, title.split()))
        if address := links[title.casefold()]:
            text = re.sub(whole, rf"[\g<0>]({address})", text, count=1)
    return text


def reference_list(cited: dict[str, tuple[str, list[str]]], links: dict[str, str | None]) -> str:
    """All entries by author and year, each with the lessons that cite it.

    Raises:
        ValueError: a title, in small letters, has no link, or a link no title.
    """
    for title in cited.keys() - links.keys():
        raise ValueError(f"book/references.json has no address (or null) for {title!r}")
    for title in links.keys() - cited.keys():
        raise ValueError(f"book/references.json: no lesson cites {title!r}")
    lines = []
    for item, lessons in sorted(cited.values()):
        where = ", ".join(f"[{name[:2]}](lessons/{name}.ipynb)" for name in lessons)
        lines.append(_linked(f"## References\n- {item}", links).partition("\n")[2])
        lines.append(f"  Lesson{'s' * (len(lessons) > 1)} {where}.")
    return "\n".join(lines)
