"""Maximising a log-likelihood of a linear reward, and saying honestly how that went."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import minimize

from irl_course.inverse.feature_matching import _add_up, _same_length, _vector, linear_reward
from irl_course.inverse.maxent.models import CausalModel, DiscountedModel, TrajectoryModel
from irl_course.mdp import _count

# With curvature known, L-BFGS starts anew from it after so many iterations, then twice as many, ...
_ROUND = 4
# A Newton step is taken as it is if it divides the gradient by so much; by less, where rounding
# keeps L-BFGS from going on.
_GOOD, _MODEST = 4.0, 1.1
_ROUNDING = 1e-12
# Directions flatter than this share of the steepest are taken to be as steep as that.
_FLAT = 1e-6
# Far out along a direction, where entropy is a share of 1e-9, the log-likelihood is a straight
# line; slopes within _LEVEL of 0, a visit and unit of reward, are 0.
_FAR, _LEVEL = 1e9, 1e-7
# Rewards that differ by so much are on their way to infinity.
_BOUND = 1e5
# No maximum is looked for far away unless rewards moved by this while the gradient fell to a tenth.
_MOVED = 0.05
# Single weights looked at then: those that moved most.
_AXES = 3


@dataclass(frozen=True, eq=False)
class Fit:
    """What a fit found, and how it went: entry i of each record is after i iterations.

    Attributes:
        psi: reward weights, shape (K,); the last of path.
        path: the weights on the way, shape (M + 1, K).
        log_likelihoods: L(psi) without the penalty, shape (M + 1,).
        feature_gaps: |f - E_psi[features]|_2, shape (M + 1,).
        gradient_norms: with the penalty, |f - E_psi[features] - l2 psi|_2, shape (M + 1,).
        converged: whether psi is at a maximum: the last gradient norm is within tol, and the
            log-likelihood does not go on rising without end.
        message: a sentence on how it ended.
        l2: the penalty used.
    """

    psi: np.ndarray
    path: np.ndarray
    log_likelihoods: np.ndarray
    feature_gaps: np.ndarray
    gradient_norms: np.ndarray
    converged: bool
    message: str
    l2: float

    @property
    def n_iterations(self) -> int:
        """M."""
        return len(self.path) - 1

    def __repr__(self):
        return f"Fit({len(self.psi)} weights; {self.message})"


@dataclass(frozen=True, eq=False)
class Problem:
    """A log-likelihood: features, their mean in the demonstrations, and the model of the expert."""

    features: np.ndarray | sparse.sparray
    expert: np.ndarray
    n_visits: float
    model: TrajectoryModel | CausalModel | DiscountedModel

    def evaluate(self, psi: np.ndarray) -> tuple[float, np.ndarray]:
        """L(psi) = psi . f - W(psi), and its gradient, the gap f - E_psi[features]."""
        psi = _vector("psi", psi)
        _same_length("psi", psi, len(self.expert))
        W, visits = self.model.plan(linear_reward(self.features, psi))
        seen = self.features.T @ visits if visits.ndim == 1 else _add_up(visits, self.features)
        return float(psi @ self.expert) - W, self.expert - seen

    def rises_without_end(self, direction: np.ndarray) -> bool:
        """Whether L has no maximum because it never falls, and somewhere rises, along a line."""
        size = np.abs(linear_reward(self.features, direction)).max() or 1.0
        ahead = self._far_slope(direction / size)
        return ahead > 0 or ahead == 0 > self._far_slope(-direction / size)

    def _far_slope(self, direction):
        W, _ = self.model.plan(_FAR * linear_reward(self.features, direction))
        slope = direction @ self.expert - W / _FAR
        return 0.0 if abs(slope) <= _LEVEL * self.n_visits else slope


def maximise(
    problem: Problem, l2: float, tol: float, psi0: np.ndarray | None, max_iter: int
) -> Fit:
    """max over psi of L(psi) - l2 / 2 |psi|^2: L-BFGS, helped by second derivatives if known."""
    if not 0.0 <= l2 < np.inf:
        raise ValueError(f"l2 is {l2}, expected 0 or more")
    if not tol > 0:
        raise ValueError(f"tol is {tol}, expected a positive number")
    psi = np.zeros(len(problem.expert)) if psi0 is None else _vector("psi0", psi0)
    climb = _Climb(problem, float(l2), float(tol), _count("max_iter", max_iter))
    climb.start(psi)
    while not climb.over():
        climb.go_on()
    converged, message = climb.verdict()
    records = (climb.path, climb.log_likelihoods, climb.feature_gaps, climb.gradient_norms)
    return Fit(climb.path[-1], *map(np.array, records), converged, message, climb.l2)


class _Climb:
    """The way up, iteration by iteration."""

    def __init__(self, problem, l2, tol, max_iter):
        self.problem, self.l2, self.tol, self.max_iter = problem, l2, tol, max_iter
        self.path, self.log_likelihoods, self.feature_gaps, self.gradient_norms = [], [], [], []
        self._round, self._demand, self._lost = _ROUND, _GOOD, False

    def start(self, psi):
        self._evaluate(psi)
        self._keep()

    def over(self):
        """Why the climb ends here, in words; empty while it does not."""
        if self.gradient_norms[-1] <= self.tol:
            return "converged"
        if self._lost:
            return f"after that, rewards would differ by more than {_BOUND:.0e}"
        if len(self.path) > self.max_iter:
            return "max_iter"
        return "" if self._demand else "rounding hides any further rise: allow a larger tol"

    def go_on(self):
        """One Newton step, or some iterations of L-BFGS."""
        before = self.objective, self.gradient_norms[-1]
        transform = self._coordinates()
        if transform is None:
            scale = abs(self.problem.features).max() or 1.0
            self._lbfgs(sparse.eye_array(len(self.gradient)) / scale, self.max_iter)
        elif not self._newton(transform):
            self._round *= 2
            # A first step of length 1, as L-BFGS tries it, is then Newton's.
            self._lbfgs(transform * np.linalg.norm(transform.T @ self.gradient), self._round)
        if self.objective <= before[0] and self.gradient_norms[-1] > before[1] / 2:
            self._demand = _MODEST if self._demand > _MODEST else None  # nothing else gets on

    def _coordinates(self):
        """psi = origin + transform @ z such that L is about round in z; None if that is unknown."""
        curvature = self.problem.model.curvature(self.problem.features)
        if curvature is None:
            return None
        steepness, axes = np.linalg.eigh(curvature + self.l2 * np.eye(len(curvature)))
        steepness = np.abs(steepness)
        if steepness.max() == 0.0:
            return None
        return axes / np.sqrt(np.maximum(steepness, _FLAT * steepness.max()))

    def _newton(self, transform):
        """A Newton step, taken if it is a good one.

        It is judged by gradients, which differ where values do so by rounding only.
        """
        value, gradient = self._evaluate(self.path[-1] + transform @ (transform.T @ self.gradient))
        lost = self.objective - value > _ROUNDING * max(1.0, abs(self.objective))
        if lost or np.linalg.norm(gradient) > self.gradient_norms[-1] / self._demand:
            return False
        self._keep()
        return True

    def _lbfgs(self, transform, n_iterations):
        origin = self.path[-1]

        def objective(z):
            value, gradient = self._evaluate(origin + transform @ z)
            return -value, -(transform.T @ gradient)

        def keep(intermediate_result):  # the name asks scipy to stop when told to
            self._keep()
            if self.over():
                raise StopIteration

        options = {"maxiter": n_iterations, "maxcor": 30, "ftol": 0.0, "gtol": 0.0}
        here = np.zeros(len(origin))
        minimize(objective, here, jac=True, method="L-BFGS-B", callback=keep, options=options)

    def _evaluate(self, psi):
        likelihood, gap = self.problem.evaluate(psi)
        self._latest = psi, likelihood, gap
        return likelihood - self.l2 / 2 * (psi @ psi), gap - self.l2 * psi

    def _keep(self):
        """Take the step to the point evaluated last, as the optimiser has just done."""
        psi, likelihood, gap = self._latest
        if self.path and self.l2 == 0.0:
            self._lost = np.ptp(linear_reward(self.problem.features, psi)) > _BOUND
            if self._lost:
                return
        self.objective = likelihood - self.l2 / 2 * (psi @ psi)
        self.gradient = gap - self.l2 * psi
        self.path.append(psi)
        self.log_likelihoods.append(likelihood)
        self.feature_gaps.append(float(np.linalg.norm(gap)))
        self.gradient_norms.append(float(np.linalg.norm(self.gradient)))

    def verdict(self):
        """Whether it converged, and a sentence."""
        why, norm = self.over(), self.gradient_norms[-1]
        after = f"after {len(self.path) - 1} iterations"
        where = self._endless() if self.l2 == 0.0 else ""
        if where:
            return False, (
                f"No maximum: the log-likelihood goes on rising {where}. Stopped at a gradient of "
                f"norm {norm:.2g} {after}; with an l2 above 0 there is a maximum."
            )
        if why == "converged":
            return True, f"Converged: the gradient has the norm {norm:.2g} {after}."
        return False, (
            f"Not converged: the gradient has the norm {norm:.2g}, not {self.tol:.2g}, {after} "
            f"({why})."
        )

    def _endless(self):
        """Where psi was running, in words, if nothing would ever stop it; else empty."""
        norms = np.array(self.gradient_norms)
        since = int(np.argmax(norms <= 10 * norms[-1]))
        run = self.path[-1] - self.path[max(0, since - 1)]
        if np.abs(linear_reward(self.problem.features, run)).max() <= _MOVED:
            return ""
        ends = []
        for k in np.argsort(-np.abs(run))[:_AXES]:
            axis = np.sign(run[k]) * np.eye(1, len(run), k)[0]
            if self.problem.rises_without_end(axis):
                ends.append(f"psi[{k}] goes to {'-' if run[k] < 0 else '+'}infinity")
        if ends:
            return "as " + ", ".join(ends)
        if self.problem.rises_without_end(run) or self.problem.rises_without_end(self.path[-1]):
            return "along a combination of features"
        return ""
