"""Convex programs, and what a solver's verdict means in words."""

_VERDICTS = {
    "infeasible": "the program is infeasible: its constraints contradict each other",
    "unbounded": "the program is unbounded: the objective can be improved for ever, so that a "
    "bound on some variable is missing",
}
_NO_ANSWER = "the solver gave up before it had an answer"


def solve_program(problem) -> float:
    """Solve a cvxpy problem to high accuracy, or say in a sentence why there is no solution.

    Args:
        problem: a linear, quadratic or cone program.

    Returns:
        The optimal value; the variables hold the solution.

    Raises:
        RuntimeError: infeasible, unbounded, or not solved to full accuracy.
    """
    import cvxpy as cp

    try:
        value = problem.solve(solver=cp.CLARABEL)
    except cp.SolverError as error:
        raise RuntimeError(f"{_NO_ANSWER}: {error}") from None
    if problem.status == cp.OPTIMAL:
        return float(value)
    kind = problem.status.removesuffix("_inaccurate")
    verdict = _VERDICTS.get(kind, f"{_NO_ANSWER} to full accuracy")
    raise RuntimeError(f"{verdict} (status: {problem.status})")
