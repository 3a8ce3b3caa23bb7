"""Reports of a small class that was really marked, and of texts that nobody should send."""

import copy
import csv
import io
import json
import os
import re
import statistics
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from urllib.parse import unquote

import browser
import pytest
import sample_class

from irl_course.classroom import pages, rows, similar, tables
from irl_course.classroom.reports import write_reports

# `grade` forks a worker for each submission, and says on Windows that it cannot (test_batch.py).
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows cannot fork, nor grade")
TITLE = "IRL, spring 2027"
ROSTER = """learner,name,email,section,login,sis,moodle
Ada Lovelace,"Lovelace, Ada",ada@example.org,A,ada1,S-1,901
Max Absent,Max Absent,max@example.org,A,max1,S-2,902
Nora Never,Nora Never,nora@example.org,B,nora1,S-3,903
"""


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """The folder of a marked class, with all its reports."""
    folder = tmp_path_factory.mktemp("class")
    sample_class.write_class(folder)
    write_reports(folder, TITLE)
    return folder


@pytest.fixture
def records(out):
    """The records, by learner; a test may change them."""
    return {record["learner"]: record for _, record in rows.read_records(out)}


def put(folder, *kept):
    """Records of a new batch."""
    (folder / "records").mkdir(parents=True, exist_ok=True)
    for number, record in enumerate(kept):
        (folder / "records" / f"{number:02}.json").write_text(json.dumps(record), "utf-8")
    return folder


def table(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def line_of(path, learner, column="learner"):
    return next(line for line in table(path) if line[column] == learner)


def feedback(out, start):
    (path,) = (out / "feedback").glob(f"{start}*.html")
    return path.read_text("utf-8")


def words(page):
    """What a page says, without its tags."""
    return " ".join(re.sub(r"<wbr>", "", Page(page).said).split())


class Page(HTMLParser):
    """A page's tags, attributes and words; tags must be balanced."""

    VOID = {"meta", "wbr", "br", "rect"}
    BLOCKS = {"title", "h1", "h2", "h3", "p", "li", "pre", "summary", "tr", "td", "th"}

    def __init__(self, page):
        super().__init__()
        self.open, self.tags, self.attributes, self.texts = [], set(), [], []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes += attributes
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes += attributes

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        self.texts += [" "] if tag in self.BLOCKS else []

    def handle_data(self, data):
        if not {"style", "svg"} & set(self.open):
            self.texts.append(data)

    @property
    def said(self):
        return "".join(self.texts)


# --- all of them -------------------------------------------------------------------------------


def every_report(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "records" not in path.parts
    }


def test_every_report_is_there_and_nothing_else(out):
    names = set(every_report(out))
    stems = {path.stem for path in (out / "records").iterdir()}
    absent = {stem for stem in stems if "Absent" in stem}
    assert names == {
        "grades.csv", "canvas.csv", "moodle.csv", "class.html", "junit.xml", "similar.csv",
        "similar.html", *(f"feedback/{stem}.html" for stem in stems),
        *(f"gradescope/{stem}/results.json" for stem in stems - absent),
    }  # fmt: skip


def test_the_same_records_give_the_same_bytes(out, tmp_path):
    again = tmp_path / "elsewhere"
    (again / "records").mkdir(parents=True)
    for path in sorted((out / "records").iterdir(), reverse=True):
        (again / "records" / path.name).write_bytes(path.read_bytes())
    write_reports(again, TITLE)
    first = every_report(again)
    assert first == every_report(out)
    write_reports(again, TITLE)
    assert first == every_report(again)


def test_pages_of_those_who_left_are_taken_away(tmp_path, records):
    put(tmp_path, records["Ada Lovelace"], records["Bo Ek"])
    write_reports(tmp_path)
    (tmp_path / "records" / "01.json").unlink()
    write_reports(tmp_path)
    names = set(every_report(tmp_path))
    assert {"feedback/00.html", "gradescope/00/results.json"} <= names
    assert not any("01" in name for name in names)


def test_what_is_no_record_is_named(tmp_path):
    for broken in ('{"learner": "a"', "[]", '{"learner": "a", "status": "fine"}'):
        put(tmp_path)
        (tmp_path / "records" / "broken.json").write_text(broken, "utf-8")
        with pytest.raises(ValueError, match="broken.json is no record"):
            write_reports(tmp_path)


def test_an_empty_batch_has_reports_too(tmp_path):
    write_reports(put(tmp_path))
    assert "0learners" in words((tmp_path / "class.html").read_text("utf-8")).replace(" ", "")
    assert table(tmp_path / "grades.csv") == []


# --- the learner's page ------------------------------------------------------------------------


def test_a_right_submission_is_told_so_and_nothing_else(out):
    said = words(feedback(out, "01_Ada"))
    assert "27 of 27 points All 12 exercises are right. Well done!" in said
    assert "not right yet" not in said and "Try next" not in said
    assert "sandbox of its own, level " in said


def test_a_half_right_submission_learns_which_idea_is_wrong_and_what_to_try(out):
    page = feedback(out, "02_Zo")
    said = words(page)
    assert "Zoë Müller-Łukasiewicz 王小明" in said
    assert "8 of 12 exercises are right, 2 partly right, 1 not right yet, 1 not attempted" in said
    assert "Go on with value_iteration: we think we know which idea is in the way" in said
    assert "In this course occupancy is not normalised" in said  # the idea
    assert "Every entry is 0.5 times what it should be" in said  # what was seen
    assert "Follow a crowd of agents" in said  # the first hint
    assert 'check.problem("occupancy")' in said and 'check.hint("occupancy")' in said
    assert (
        "✓V is the optimal value (2 of 2)" in said and "✗pi is an optimal policy (0 of 1)" in said
    )
    assert '<article class="partly" id="01-value_iteration">' in page
    assert "γ times those that arrive" in said and "$" not in said  # the hint's formula


def test_an_untouched_submission_is_told_where_to_start(out):
    said = words(feedback(out, "09_Gus"))
    assert "No exercise is attempted yet. Start with bellman_backup: it waits for" in said


def test_a_learner_sees_their_own_traceback_and_output(out):
    said = words(feedback(out, "03_Bo"))
    assert "weights = psi / psi.total() AttributeError" in said
    assert "cell 1: what it printed my helpers are loaded" in said


def test_what_is_for_the_teacher_is_not_on_the_learners_page(out):
    assert "worth a look" not in words(feedback(out, "05_Eve"))
    assert "lesson 01: Cell 1 has sys.modules in it: worth a look" in words(
        (out / "class.html").read_text("utf-8")
    )


def test_unreadable_missing_and_not_graded_are_no_marks(out, tmp_path, records):
    unreadable = words(feedback(out, "13_Ursula"))
    assert "could not be read The file is not a notebook: it is not JSON (line 1)." in unreadable
    assert "This is not a mark" in unreadable and "points" not in unreadable
    assert "Nothing has arrived from you yet" in words(feedback(out, "14_Max"))
    fault = {"learner": "Fay", "file": "fay.ipynb", "reason": "the machine is on fire"}
    (tmp_path / "faults.json").write_text(json.dumps({"version": 1, "faults": [fault]}), "utf-8")
    write_reports(put(tmp_path, records["Ada Lovelace"]), roster=[{"learner": "Fay"}])
    assert "Your work is not graded yet" in words(feedback(tmp_path, "Fay"))
    line = line_of(tmp_path / "grades.csv", "Fay")
    assert (line["status"], line["points"]) == ("not graded yet", "")
    assert len(table(tmp_path / "grades.csv")) == 2
    assert "Fay: not graded yet, the machine is on fire" in words(
        (tmp_path / "class.html").read_text("utf-8")
    )


def test_a_lesson_that_was_not_handed_in_is_said(tmp_path, records):
    record = records["Bo Ek"]
    del record["lessons"]["03"]
    record |= {"points": 6, "reason": "lesson 03: not handed in"}
    write_reports(put(tmp_path, record, records["Ada Lovelace"]))
    said = words(feedback(tmp_path, "00"))
    assert "6 of 27 points" in said and "Lesson 03: not handed in." in said
    assert "This is not a mark. If you have done it, save it" in said
    assert "Lesson 01: Forward reinforcement learning 6 of 10 points" in said
    line = line_of(tmp_path / "grades.csv", "Bo Ek")
    assert (line["01 (of 10)"], line["03 (of 17)"], line["03 best_mixture (of 3)"]) == ("6", "", "")
    assert table(tmp_path / "canvas.csv")[2]["Lesson 03: Feature matching"] == ""
    told = line_of(tmp_path / "moodle.csv", "Bo Ek", "Full name")["Feedback comments"]
    assert "Not graded: lesson 03: not handed in." in told
    results = json.loads((tmp_path / "gradescope" / "00" / "results.json").read_text("utf-8"))
    assert "Not graded: lesson 03: not handed in." in results["output"]


def test_all_right_so_far_is_not_all(tmp_path, records):
    record = records["Ada Lovelace"]
    del record["lessons"]["03"]
    reason = (
        "lesson 04: not handed in; x.pdf: the file is not a notebook; lesson 03: the file is empty"
    )
    write_reports(put(tmp_path, record | {"points": 10, "reason": reason}))
    said = words(feedback(tmp_path, "00"))
    assert "All 5 exercises that could be read are right." in said and "Well done" not in said
    assert "x.pdf: the file is not a notebook. Lesson 03: the file is empty. Lesson 04: not" in said


# --- the class page ----------------------------------------------------------------------------


def test_the_class_page_says_which_exercises_and_which_misconceptions(out):
    page = (out / "class.html").read_text("utf-8")
    said = words(page)
    assert "14learners12graded1unreadable1missing" in said.replace(" ", "")
    assert "Least often right: occupancy, 5 of 12." in said
    assert "The most frequent misconception, 4 learners: occupancy" in said
    assert (
        "<title>occupancy: 5 right, 0 partly right, 6 not right yet, 1 not attempted</title>"
        in page
    )
    assert (
        said.count("Your visits sum to 1. In this course") == 2
    )  # at first glance, and in the list
    assert "Eve O'Malley, Fay Wray, Hal Finney, Zoë" in said
    assert "1 pair of similar submissions" in said
    assert "Late, says Canvas: Eve O'Malley." in said and "Nothing handed in: Max Absent." in said
    points = [int(line["points"]) / 27 for line in table(out / "grades.csv") if line["points"]]
    low, middle, high = statistics.quantiles(points, n=4, method="inclusive")
    assert f"{100 * middle:.0f} %of the points (median)" in said
    assert f"{100 * low:.0f}–{100 * high:.0f} %the middle half" in said


def test_links_lead_to_pages_that_are_there(out):
    for name in ("class.html", "similar.html"):
        links = [v for key, v in Page((out / name).read_text("utf-8")).attributes if key == "href"]
        assert len(links) > 1
        for link in links:
            assert (out / unquote(link)).is_file(), link
    for path in (out / "feedback").iterdir():
        page = Page(path.read_text("utf-8"))
        ids = {value for key, value in page.attributes if key == "id"}
        links = {value for key, value in page.attributes if key == "href"}
        assert {link[1:] for link in links} <= ids, path


def test_a_large_class_is_listed_in_part_and_counted_in_full(tmp_path, records, monkeypatch):
    from irl_course.classroom import class_page

    monkeypatch.setattr(class_page, "MOST_ROWS", 5)
    kept = [records["Ada Lovelace"] | {"learner": f"Ada {n}"} for n in range(12)]
    write_reports(put(tmp_path, *kept))
    said = words((tmp_path / "class.html").read_text("utf-8"))
    assert "7 more are in grades.csv" in said and "12 of 12 right" in said


# --- hostile texts -----------------------------------------------------------------------------

ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "header", "footer", "section", "article",
    "nav", "h1", "h2", "h3", "p", "div", "span", "a", "b", "q", "em", "code", "pre", "ul", "li",
    "details", "summary", "bdi", "svg", "rect", "wbr", "sub", "sup",
    "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
ATTRIBUTES = {
    "lang", "charset", "http-equiv", "content", "name", "class", "id", "href", "hidden", "title",
    "style", "tabindex", "scope", "colspan", "rowspan", "role", "viewbox", "width", "height", "x",
    "rx", "preserveaspectratio", "aria-hidden", "aria-label", "open",
}  # fmt: skip
NASTY = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' onload='alert(1)",
    "]]><a>&amp;&#0;</a>", "\x00\x01\x08\x0b\x1b[31mred\x1b]0;title\x07\x7f\x9b31m", "\ud800 half",
    "\u202egnirts\u202c\u2066\ufeff\ufffe\uffff", "</title></style></pre><svg onload=alert(1)>",
    "`<b>` *<i>* $<u>$ `$\\<s>$`", "a\r\nb\rc\n\n\td", "=1+1", "+1", "-1", "@SUM(A1)",
    "\t=1", "\r=1", " =1+1", "＝1+1", "\n=1", "\ufeff=1", "\x00=1", "\u202e=1",
    "javascript:alert(1)", "../../x", "",
]  # fmt: skip


def poisoned(record, poison):
    """A record with a text in the place of every text."""
    record = copy.deepcopy(record)
    record |= {"learner": poison or "x", "file": poison, "reason": poison}
    for judged in record["lessons"].values():
        judged |= {"problems": [poison], "level": poison}
        judged["cells"] = [{"label": poison, "output": poison + "x", "error": poison}]
        for exercise in judged["exercises"]:
            exercise |= dict.fromkeys(
                ("title", "violation", "idea", "where", "traceback", "misconception"), poison
            )
            exercise["parts"] = [part | {"title": poison} for part in exercise["parts"]]
    record["sources"] = {
        lesson: dict.fromkeys(answers, poison) for lesson, answers in record["sources"].items()
    }
    return record


@pytest.fixture(scope="module")
def nasty(out, tmp_path_factory):
    """Reports of records whose every text is hostile."""
    folder = tmp_path_factory.mktemp("nasty")
    bo = next(r for _, r in rows.read_records(out) if r["learner"] == "Bo Ek")
    kept = [poisoned(bo, poison) for poison in NASTY]
    kept += [{**poisoned(bo, poison), "status": "unreadable", "lessons": {}} for poison in NASTY]
    write_reports(put(folder, *kept), "<script>title</script> \x00 =1")
    return folder


def test_no_text_becomes_a_tag_an_attribute_or_a_link(out, nasty):
    for path in (*out.rglob("*.html"), *nasty.rglob("*.html")):
        text = path.read_bytes().decode("utf-8")
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe]", text)
        page = Page(text)
        assert page.tags <= ALLOWED, (path, page.tags - ALLOWED)
        assert {key for key, _ in page.attributes} <= ATTRIBUTES, path
        for key, value in page.attributes:
            assert key != "href" or re.match(r"#|feedback/[^/]+\.html$|\w+\.(?:csv|html)$", value)
            assert key != "style" or value == "padding:0;background:none"
        assert "default-src 'none'" in text and "//" not in re.sub(r"http://evil\.\w+/", "", text)


def test_no_cell_is_a_formula(out, nasty):
    for folder in (out, nasty):
        for path in folder.glob("*.csv"):
            with path.open(encoding="utf-8-sig", newline="") as file:
                lines = list(csv.reader(file))
            assert len({len(line) for line in lines}) == 1, path  # every line is whole
            for value in (value for line in lines for value in line):
                assert not value.startswith(tuple("=+-@＝＋－＠\t\r")), (path, value)
                assert "\n" not in value and "\x00" not in value
    hostile = "'" + sample_class.EVIL
    assert line_of(out / "grades.csv", hostile)["status"] == "graded"
    assert line_of(out / "canvas.csv", hostile, "Student")["ID"] == "104"


def test_hostile_output_is_shown_as_text(out):
    page = feedback(out, "04_")
    assert "&lt;script&gt;document.title" in page
    said = Page(page).said
    assert "<img src=x onerror=alert(1)> ]]> -->" in said and "red" in said
    assert "\x1b" not in said


# --- tables for other programs -----------------------------------------------------------------


def test_grades_csv(out):
    assert (out / "grades.csv").read_bytes().startswith(b"\xef\xbb\xbflearner,name,status,reason,")
    lines = table(out / "grades.csv")
    assert len(lines) == 14
    zoe = line_of(out / "grades.csv", "Zoë Müller-Łukasiewicz 王小明")
    assert (zoe["points"], zoe["max_points"], zoe["01 (of 10)"], zoe["03 (of 17)"]) == (
        "20", "27", "7", "13",
    )  # fmt: skip
    assert zoe["01 value_iteration (of 3)"] == "2"
    assert zoe["sandbox"] in ("bubblewrap", "kernel", "limits")
    assert {line["sandbox"] for line in lines if line["status"] != "graded"} == {""}
    assert "Zoë Müller" in words((out / zoe["page"]).read_text("utf-8"))
    assert [line["learner"] for line in lines if line["late"]] == ["Eve O'Malley"]
    untouched = line_of(out / "grades.csv", "Gus Grissom")
    assert (untouched["status"], untouched["points"]) == ("graded", "0")
    for learner, status in (("Ursula Broke", "unreadable"), ("Max Absent", "missing")):
        line = line_of(out / "grades.csv", learner)
        assert line["status"] == status and line["reason"]
        assert {value for key, value in line.items() if " (of " in key or "points" in key} == {""}


def test_canvas_takes_the_file(out):
    """What Canvas' importer asks of a file: see "Import grades in the Gradebook" in its guide."""
    with (out / "canvas.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    head, possible, *people = lines
    assert head[:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert head[5:] == ["Lesson 01: Forward reinforcement learning", "Lesson 03: Feature matching"]
    assert possible == ["    Points Possible", "", "", "", "", "10", "17"]
    assert len(people) == 14
    ada = next(line for line in people if line[0] == "Ada Lovelace")
    assert ada == ["Ada Lovelace", "101", "", "", "", "10", "17"]  # the ID is in the file's name
    late = next(line for line in people if line[0] == "Eve O'Malley")
    assert late[1] == "105"
    absent = next(line for line in people if line[0] == "Max Absent")
    assert absent[5:] == ["", ""]  # an empty cell changes nothing


def test_moodle_takes_the_file(out):
    """Its worksheet importer asks for three columns, and skips a learner with an empty grade."""
    lines = table(out / "moodle.csv")
    assert list(lines[0])[: len(tables.MOODLE)] == list(tables.MOODLE)
    assert {"Identifier", "Grade", "Last modified (grade)", "Feedback comments"} <= set(lines[0])
    ursula = line_of(out / "moodle.csv", "Ursula Broke", "Full name")
    assert (ursula["Identifier"], ursula["Grade"]) == ("Participant 77", "")
    bo = line_of(out / "moodle.csv", "Bo Ek", "Full name")
    assert (bo["Grade"], bo["Maximum Grade"]) == ("16", "27")
    assert bo["Lesson 03: Feature matching"] == "10"
    assert "linear_reward (not right yet, 0 of 1)" in bo["Feedback comments"]


# Gradescope's autograder specification, "Output format": every field that it knows, and its kind.
_FORMATS, _SEEN = {"text", "html", "simple_format", "md", "ansi"}, {
    "hidden", "after_due_date", "after_published", "visible",
}  # fmt: skip
_TEST = {
    "score": (int, float), "max_score": (int, float), "status": {"passed", "failed"}, "name": str,
    "name_format": _FORMATS, "number": str, "output": str, "output_format": _FORMATS, "tags": list,
    "visibility": _SEEN, "extra_data": dict,
}  # fmt: skip
_RESULTS = {
    "score": (int, float), "execution_time": (int, float), "output": str, "output_format": _FORMATS,
    "test_output_format": _FORMATS, "test_name_format": _FORMATS, "visibility": _SEEN,
    "stdout_visibility": _SEEN, "extra_data": dict, "tests": list, "leaderboard": list,
}  # fmt: skip


def fits(value, schema):
    for key, entry in value.items():
        known = schema[key]
        assert entry in known if isinstance(known, set) else isinstance(entry, known), (key, entry)


def test_gradescope_results_fit_their_schema(out, nasty, records):
    totals = set()
    for path in (*out.glob("gradescope/*/results.json"), *nasty.glob("gradescope/*/results.json")):
        results = json.loads(path.read_text("utf-8"))
        fits(results, _RESULTS)
        for test in results["tests"]:
            fits(test, _TEST)
            assert {"score", "max_score", "name", "output"} <= set(test)
            assert test["score"] <= test["max_score"]
            assert all(isinstance(tag, str) for tag in test["tags"])
            assert {test["output_format"], test["name_format"]} == {"text"}
        assert results["tests"] or results["score"] == 0
        totals.add(sum(test["score"] for test in results["tests"]))
    assert {record["points"] for record in records.values()} <= totals
    (path,) = out.glob("gradescope/13_*/results.json")
    assert "This is not a mark" in json.loads(path.read_text("utf-8"))["output"]


def test_junit_is_well_formed_and_counts_right(out, nasty):
    for folder in (out, nasty):
        suites = ElementTree.parse(folder / "junit.xml").getroot()
        assert suites.tag == "testsuites" and len(suites) == len(
            list((folder / "records").iterdir())
        )
        for suite in suites:
            properties, *cases = suite
            assert suite.tag == "testsuite" and {case.tag for case in cases} == {"testcase"}
            kinds = [inner.tag for case in cases for inner in case]
            told = {"tests": len(cases), "failures": kinds.count("failure"),
                    "errors": kinds.count("error"), "skipped": kinds.count("skipped")}  # fmt: skip
            assert {key: int(suite.attrib[key]) for key in told} == told
            assert properties[0].attrib["name"] == "sandbox"
            for case in cases:
                assert set(case.attrib) == {"classname", "name"} and len(case) <= 1
    zoe = ElementTree.parse(out / "junit.xml").getroot()[1]
    assert zoe.attrib["name"] == "Zoë Müller-Łukasiewicz 王小明"
    assert zoe[0][0].attrib["value"] in ("bubblewrap", "kernel", "limits")
    assert (zoe.attrib["failures"], zoe.attrib["skipped"]) == ("3", "1")
    broke = ElementTree.parse(out / "junit.xml").getroot()[12]
    assert "not JSON" in broke[1][0].attrib["message"]


# --- the roster --------------------------------------------------------------------------------


def test_a_roster_names_people_and_tells_who_is_missing(tmp_path, records):
    roster = tmp_path / "roster.csv"
    roster.write_text(ROSTER, "utf-8")
    put(tmp_path, records["Ada Lovelace"], records["Max Absent"], records["Bo Ek"])
    write_reports(tmp_path, roster=roster)
    lines = table(tmp_path / "grades.csv")
    assert [line["status"] for line in lines] == ["graded", "graded", "missing", "missing"]
    ada = line_of(tmp_path / "canvas.csv", "Lovelace, Ada", "Student")
    assert (ada["ID"], ada["SIS User ID"], ada["SIS Login ID"], ada["Section"]) == (
        "101", "S-1", "ada1", "A",
    )  # fmt: skip
    nora = line_of(tmp_path / "moodle.csv", "Nora Never", "Full name")
    assert (nora["Identifier"], nora["Status"]) == ("Participant 903", "No submission")
    assert nora["Email address"] == "nora@example.org"
    assert "Nothing has arrived" in words(feedback(tmp_path, "Nora_Never"))


def test_canvas_and_moodles_own_exports_are_rosters(out, tmp_path, records):
    ours = tmp_path / "ours.csv"
    for name, learner in (("canvas.csv", "Ada Lovelace"), ("moodle.csv", "Ursula Broke")):
        people = rows.read_roster(out / name)
        assert learner in {person.learner for person in people}
        assert len(people) == 14 and "    Points Possible" not in str(people)
    assert {p.moodle for p in rows.read_roster(out / "moodle.csv")} == {"", "77"}
    text = 'Identifier,"Full name","Email address"\nParticipant 5,"Ada ""A"" L\nx",a@b.c\n'
    ours.write_bytes(b"\xef\xbb\xbf" + text.encode())
    (person,) = rows.read_roster(ours)
    assert (person.learner, person.moodle, person.email) == ('Ada "A" L x', "5", "a@b.c")
    found = rows.People([person]).find(
        {"learner": "?", "file": "A_5_assignsubmission_file_/x.ipynb"}
    )
    assert found == person


def test_two_of_the_same_name_are_not_mixed_up():
    people = [rows.Person("a1", "Ann Lee", canvas="7"), rows.Person("a2", "Ann Lee", canvas="8")]
    found = rows.People(people)
    assert found.find({"learner": "Ann Lee"}) == rows.Person("Ann Lee")
    assert found.find({"learner": "a2"}) == people[1]
    assert found.find({"learner": "x", "file": "leeann_7_1_03.ipynb"}) == people[0]
    assert found.unseen() == []


def test_a_learner_cannot_take_anothers_number_by_a_files_name():
    for file in ("bob/leeann_7_1_03.ipynb", "bob/x_7_assignsubmission_file_/03.ipynb",
                 "x_7_assignsubmission_file_.ipynb"):  # fmt: skip
        person = rows.People([]).find({"learner": "bob", "file": file})
        assert person == rows.Person("bob"), file


def test_a_table_without_people_is_no_roster(tmp_path):
    roster = tmp_path / "roster.csv"
    roster.write_text("colour,size\nred,3\n", "utf-8")
    with pytest.raises(ValueError, match="no column `learner`"):
        rows.read_roster(roster)


# --- similar submissions -----------------------------------------------------------------------


def test_a_renamed_copy_is_listed_and_other_right_answers_are_not(out):
    (pair,) = table(out / "similar.csv")
    assert (pair["first"], pair["second"]) == ("Cy Young", "Dan Brown")
    assert int(pair["percent"]) > 90 and pair["exercises"] == "policy_evaluation occupancy"
    said = words((out / "similar.html").read_text("utf-8"))
    assert "no mark depends on it" in said and "gains[i] += pi[i, j] * reward[i, j]" in said


def test_what_many_wrote_is_no_sign(records):
    copied = records["Cy Young"]["sources"]
    for count, expected in ((2, 1), (3, 3), (30, 0)):
        prints = [similar.fingerprint(f"{n:02}", copied) for n in range(count)]
        assert len(similar.pairs(prints)) == expected


def test_the_stub_and_broken_code_are_no_sign(records):
    stub = records["Gus Grissom"]["sources"]
    stub = stub or {"01": {"occupancy": similar._stubs("01")["occupancy"]}}
    broken = {
        "01": {"occupancy": "def (((\n  '''", "none_such": "\x00"},
        "99": {"x": "y = (" * 300},
    }
    for sources in (stub, broken):
        prints = [similar.fingerprint(name, sources) for name in "ab"]
        assert similar.pairs(prints) == []


# --- small things ------------------------------------------------------------------------------


def test_texts_are_cleaned():
    assert rows.clean("\x1b[1;31mred\x1b[0m\r\nnext\x00\ud800") == "red\nnext?"
    assert rows.line(" a\n\tb\x85c ") == "a bc"
    assert tables.cell("=1") == "'=1" and tables.cell(-1) == -1 and tables.cell("a=1") == "a=1"
    assert tables.as_csv([["a,b", 'c"d', None]]) == '"a,b","c""d",\n'
    assert list(csv.reader(io.StringIO(tables.as_csv([["x\ny", "'"]])))) == [["x y", "'"]]


def test_formulas_of_hints_are_readable():
    assert pages.said("what $P_\\pi(s, \\cdot)$ is") == (
        'what <span class="maths">P<sub>π</sub>(s, ·)</span> is'
    )
    assert "<sup>−1</sup>" in pages.said("$(I - \\gamma P_\\pi)^{-1} R$")
    assert pages.said("<b> `a<b` *c*").startswith("&lt;b&gt; <code")


def luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_words_stand_out_from_their_ground_in_both_schemes():
    schemes = re.findall(r":root\{(.*?)\}", pages._STYLE, re.DOTALL)
    assert len(schemes) == 3
    for scheme in schemes:
        colours = dict(
            re.findall(r"--([\w-]+):(#[0-9a-f]{3,6})", scheme.replace("#fff;", "#ffffff;"))
        )
        for ground in ("ground", "card", "idea"):
            for ink in ("ink", "soft", "link", "right", "partly", "wrong", "none"):
                light, dark = sorted(map(luminance, (colours[ground], colours[ink])), reverse=True)
                assert (light + 0.05) / (dark + 0.05) >= 4.5, (ground, ink)


# --- in a browser ------------------------------------------------------------------------------


def test_pages_fit_a_phone_and_run_nothing(out, nasty):
    browser.needed()
    from playwright.sync_api import sync_playwright

    paths = [out / "class.html", out / "similar.html", nasty / "class.html"]
    paths += sorted((out / "feedback").iterdir())[:5] + sorted((nasty / "feedback").iterdir())[:12]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=browser.find_chromium(), args=browser._QUIET
        )
        asked, said = [], []
        page = chromium.new_page(viewport={"width": 380, "height": 800}, color_scheme="dark")
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("dialog", lambda dialog: said.append("a dialog") or dialog.dismiss())
        for path in paths:
            page.goto(path.as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") <= 380, path
            assert page.title() not in ("owned", ""), path
        assert {url.split("?")[0] for url in asked} == {path.as_uri() for path in paths}
        assert said == []
        chromium.close()


@pytest.mark.parametrize("between", [",", ";", "\t"])
def test_a_roster_may_be_separated_as_any_countrys_spreadsheets_do(tmp_path, between):
    lines = [["learner", "name", "email"], ["ada", '"Lovelace, A; B"', "ada@example.org"]]
    path = tmp_path / "roster.csv"
    path.write_text("\r\n".join(between.join(line) for line in lines), "utf-8-sig")
    assert rows.read_roster(path) == [rows.Person("ada", "Lovelace, A; B", "ada@example.org")]
