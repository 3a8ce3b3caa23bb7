"""Convex programs: solved as exactly as the solver can, and its verdict in words."""

import warnings
from collections.abc import Callable

# Tolerance and longest step, tried in turn: the tightest that the solver reaches gives the KKT
# conditions to 1e-6 and better. With long steps it circles near the edge of some programs.
_ATTEMPTS = ((1e-12, 0.99), (1e-12, 0.9), (1e-10, 0.99), (1e-10, 0.9), (1e-8, 0.9))
_VERDICTS = {
    "infeasible": "the program is infeasible: its constraints contradict each other",
    "unbounded": "the program is unbounded: the objective can be improved for ever, so that a "
    "bound on some variable is missing",
}
_NO_ANSWER = (
    "the solver gave up before it had an answer: the numbers of the program may be of very "
    "different sizes, or it may be only just feasible"
)


def solve_program(problem, why: Callable[[], str] | None = None) -> float:
    """Solve a cvxpy problem to high accuracy, or say in a sentence why there is no solution.

    Args:
        problem: a linear, quadratic or cone program, its numbers of size 1.
        why: for programs that the caller's data can leave without a solution; called then, it
            returns a sentence that says what in the data is to blame.

    Returns:
        The optimal value; the variables hold the solution.

    Raises:
        ValueError: infeasible or unbounded, and `why` says why.
        RuntimeError: infeasible, unbounded, or not solved.
    """
    import cvxpy as cp

    status = "solver_error"
    for tol, step in _ATTEMPTS:
        gaps = {"tol_gap_abs": tol, "tol_gap_rel": tol, "tol_feas": tol}
        with warnings.catch_warnings():  # the status is looked at here
            warnings.filterwarnings("ignore", message="Solution may be inaccurate")
            try:
                value = problem.solve(solver=cp.CLARABEL, max_step_fraction=step, **gaps)
            except cp.SolverError:
                continue
        status = problem.status
        if status == cp.OPTIMAL:
            return float(value)
        if status in _VERDICTS:
            if why is not None:
                raise ValueError(f"the program is {status}: {why()}")
            break
    raise RuntimeError(f"{_VERDICTS.get(status, _NO_ANSWER)} (status: {status})")
