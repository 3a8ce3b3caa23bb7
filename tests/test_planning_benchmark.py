"""The benchmark of the planners: what is called right is right, and a small run goes through."""

import argparse
import json

import numpy as np
import pytest

pytest.importorskip("resource", reason="the benchmark limits memory, which Windows cannot")

from benchmarks import planning as bench
from benchmarks import planning_worker as worker

COURSE = ["optimal", "evaluate", "occupancy", "tables", "gradient", "fit"]
SCIPY = ["evaluate", "occupancy"]


def solve(package, item, size=8):
    problem = bench.problem_of(item, size)
    build, run = worker.SOLVERS[f"{package} {item}"]
    return problem, worker.run_once(build, run, problem)


@pytest.mark.parametrize(
    ("package", "item"), [("course", i) for i in COURSE] + [("scipy", i) for i in SCIPY]
)
def test_right_answers_pass_and_wrong_ones_do_not(package, item):
    problem, (result, record) = solve(package, item)
    assert bench.wrong(item, problem, result) == ""
    assert min(*record["build"], *record["solve"], record["memory"]) >= 0
    for name in ("V", "visits", "gap"):
        if name in result and (item, name) != ("tables", "V"):
            assert bench.wrong(item, problem, result | {name: result[name] + 1e-2})


def test_the_raw_arrays_are_the_world():
    problem = bench.problem_of("optimal", 8)
    mdp, expected = worker.course(problem), bench.macrocell_world(8, 1).mdp
    np.testing.assert_array_equal(mdp._rows @ np.eye(64), expected._rows @ np.eye(64))
    assert mdp.gamma == expected.gamma


def test_every_peer_has_a_solver():
    named = {name for _, peers, _ in bench.ITEMS.values() for name in peers}
    assert named | {f"course {item}" for item in bench.ITEMS} == set(worker.SOLVERS)


def record(solver, seconds=None, size=32, **more):
    run = {"build": [0.0, 0.0], "solve": [seconds, seconds], "memory": 1e6}
    made = {"item": "optimal", "size": size, "solver": solver, "runs": [run] if seconds else []}
    return made | more


def test_a_size_too_large_is_said_and_never_left_out():
    found = [
        record("quantecon pi", 9.0),
        record("quantecon mpi", 1.0),
        record("mdptoolbox vi", failed="> 60 s"),
    ]
    expected = bench.expect(found, "wall")
    assert expected["quantecon pi"] == "beaten"
    assert expected["quantecon mpi"] == bench.GROWTH
    assert expected["mdptoolbox vi"] == "> 60 s at N = 32"
    again = bench.expect([record("mdptoolbox vi", failed=expected["mdptoolbox vi"])], "wall")
    assert again == {"mdptoolbox vi": "> 60 s at N = 32"}
    assert bench.cell(found[2], "wall") == "> 60 s"


def test_the_quickest_correct_method_counts():
    found = [
        record("quantecon pi", 0.1, failed="off by 1.0e-01"),
        record("quantecon mpi", 1.0),
        record("quantecon vi", 2.0),
    ]
    best = bench.best_of(found, "optimal", 32, "quantecon", "wall")
    assert best["solver"] == "quantecon mpi"


def test_nothing_else_runs_while_a_solver_is_measured(tmp_path, monkeypatch):
    """Neither a start nor a run past its limit: either takes a core from the one measured."""
    made = []

    class Watched(bench.Worker):
        def __init__(self, *args):
            super().__init__(*args)
            made.append(self)

        def run(self):
            assert all(hasattr(one, "ready") for one in made)
            earlier = made[: made.index(self)]
            assert all(one.process.poll() is not None for one in earlier)
            return super().run()

    monkeypatch.setattr(bench, "Worker", Watched)
    args = argparse.Namespace(
        limit=1e-5, clock="wall", repeats=1, quick=True, memory=4, whole_fit=False
    )
    problem, twice = bench.problem_of("optimal", 512), ["course optimal"] * 2
    found = bench.compare(args, "optimal", 512, problem, twice, {}, {}, tmp_path)
    assert [record["failed"] for record in found] == ["> 0.0001 s"] * 2


def test_a_small_run_prints_tables_and_draws(tmp_path, monkeypatch, capsys):
    figure, saved = tmp_path / "planning.png", tmp_path / "found.json"
    arguments = ["--quick", "--items", "optimal", "gradient", "--largest", "8"]
    command = ["planning.py", *arguments, "--figure", str(figure), "--save", str(saved)]
    monkeypatch.setattr("sys.argv", command)
    bench.main()
    printed = capsys.readouterr().out
    assert "**Optimal values to 1e-8**" in printed and "| 8 |" in printed
    assert figure.stat().st_size > 10_000
    assert all(bench.ok(r) for r in json.loads(saved.read_text())["records"])
