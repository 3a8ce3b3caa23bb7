"""Maximum margin: the reward under which the expert beats every other policy most clearly.

A policy is its feature expectations mu (K,), and the reward is linear, so psi . mu is what it
earns. The programs differ in what they ask of psi . (mu_E - mu_i): the largest common margin for
|psi| <= 1, a margin of 1 for the smallest psi, or a margin that grows with how different policy i
is; slack, at a price, softens it.

cvxpy states every program and Clarabel solves it. `support_weights` solves the dual: the policies
with a weight above 0 are those that hold psi in place.
"""

from dataclasses import dataclass

import numpy as np

from irl_course.inverse.programs import solve_program
from irl_course.mdp import MDP, as_reward
from irl_course.planning import occupancy, value_iteration

# Margins below this, in units of the largest difference, are no margins.
_ROUNDING = 1e-9
# Beyond this many policies something is wrong: a handful per feature is what it takes.
_MAX_CUTS = 1_000


def max_margin(expert: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, float]:
    """The unit reward that puts the expert furthest above the best of the others.

    max m subject to psi . (mu_E - mu_i) >= m for all i, |psi|_2 <= 1 (Abbeel & Ng 2004, section 3).
    Solved by its dual: m is the distance from the expert to the nearest mixture of others, and psi
    points from there to the expert.

    Args:
        expert: feature expectations of the expert, shape (K,).
        others: feature expectations of the other policies, shape (M, K).

    Returns:
        psi, shape (K,), and the margin. A margin above 0 comes with |psi| = 1, and with one psi
        only. Where the expert is itself a mixture of others no reward sets it apart: 0 and 0.
    """
    import cvxpy as cp

    differences, scale = _differences(expert, others)
    mixture = cp.Variable(len(differences), nonneg=True)
    distance = cp.sum_squares(differences.T @ mixture) / 2
    solve_program(cp.Problem(cp.Minimize(distance), [cp.sum(mixture) == 1]))
    psi = differences.T @ mixture.value
    psi /= np.linalg.norm(psi) or 1.0
    margin = float((differences @ psi).min())
    if margin <= _ROUNDING:
        return np.zeros(len(psi)), 0.0
    return psi, margin * scale


def svm_form(expert: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The smallest reward that puts the expert above each of the others by at least 1.

    min |psi|^2 / 2 subject to psi . (mu_E - mu_i) >= 1 for all i: `max_margin` without its norm
    bound. Its psi points the same way, and the margin is 1 / |psi|.

    Args:
        expert: feature expectations of the expert, shape (K,).
        others: feature expectations of the other policies, shape (M, K).

    Returns:
        psi, shape (K,), never 0.

    Raises:
        ValueError: infeasible, because the expert is a mixture of others, which are named.
    """
    import cvxpy as cp

    differences, scale = _differences(expert, others)
    psi = cp.Variable(differences.shape[1])
    problem = cp.Problem(cp.Minimize(cp.sum_squares(psi) / 2), [differences @ psi >= 1])
    solve_program(problem, lambda: _who_contradicts(differences))
    return psi.value / scale


def soft_margin(expert: np.ndarray, others: np.ndarray, C: float) -> tuple[np.ndarray, np.ndarray]:
    """Let each policy fall short at a price: contradictory demonstrations have an answer too.

    min |psi|^2 / 2 + C * sum_i slack_i subject to psi . (mu_E - mu_i) >= 1 - slack_i and
    slack_i >= 0 for all i. With one slack for all of them, psi would be 0 whenever the expert is a
    mixture of others.

    Args:
        expert: feature expectations of the expert, shape (K,).
        others: feature expectations of the other policies, shape (M, K).
        C: price of a unit of slack, above 0.

    Returns:
        psi, shape (K,), and the slacks, shape (M,), not negative: above 1 for each policy that
        earns more than the expert.
    """
    import cvxpy as cp

    differences, scale = _differences(expert, others)
    price = _price(C) * scale**2
    psi, slack = cp.Variable(differences.shape[1]), cp.Variable(len(differences), nonneg=True)
    size = max(1.0, price) ** 0.5
    objective = cp.sum_squares(psi) / (2 * size) + price / size * cp.sum(slack)
    solve_program(cp.Problem(cp.Minimize(objective), [differences @ psi >= 1 - slack]))
    return psi.value / scale, np.maximum(slack.value, 0.0)


def structured_margin(
    expert: np.ndarray, others: np.ndarray, dissimilarities: np.ndarray, C: float
) -> tuple[np.ndarray, float]:
    """Ask little of policies that act nearly as the expert does, and much of the others.

    min |psi|^2 / 2 + C * slack subject to psi . (mu_E - mu_i) >= dissimilarity_i - slack for all i,
    slack >= 0: one slack for the demonstration, however many others there are (Ratliff, Bagnell &
    Zinkevich 2006).

    Args:
        expert: feature expectations of the expert, shape (K,).
        others: feature expectations of the other policies, shape (M, K).
        dissimilarities: the margin asked of each, shape (M,), not negative; 0 for the expert.
        C: price of a unit of slack, above 0.

    Returns:
        psi, shape (K,), and the slack, from 0 to the largest dissimilarity.
    """
    import cvxpy as cp

    differences, scale = _differences(expert, others)
    asked, unit = _margins_asked(dissimilarities, len(differences))
    price = _price(C) * scale**2 / unit
    psi, slack = cp.Variable(differences.shape[1]), cp.Variable(nonneg=True)
    # Between the sizes of the objective's two parts: a high price would drown the first.
    size = max(1.0, price) ** 0.5
    objective = cp.sum_squares(psi) / (2 * size) + price / size * slack
    solve_program(cp.Problem(cp.Minimize(objective), [differences @ psi >= asked - slack]))
    return psi.value * unit / scale, max(0.0, float(slack.value)) * unit


def support_weights(
    expert: np.ndarray,
    others: np.ndarray,
    dissimilarities: np.ndarray | None = None,
    C: float | None = None,
) -> np.ndarray:
    """The dual: how hard each other policy presses against the reward.

    max sum_i w_i dissimilarity_i - |sum_i w_i (mu_E - mu_i)|^2 / 2 subject to w >= 0, and with
    slack to w_i <= C (a slack for each, `soft_margin`) or sum_i w_i <= C (one slack,
    `structured_margin`). The reward is psi = sum_i w_i (mu_E - mu_i): policies of weight 0 could
    be left out, the others are the **support policies**.

    Args:
        expert: feature expectations of the expert, shape (K,).
        others: feature expectations of the other policies, shape (M, K).
        dissimilarities: given, the dual of `structured_margin`; else that of the margin 1.
        C: price of a unit of slack; by default there is none, as in `svm_form`.

    Returns:
        Weights, shape (M,), not negative, and at their limit where there is slack. Those of
        `svm_form` sum to |psi|^2 = 1 / margin^2.

    Raises:
        ValueError: without C, the expert is a mixture of others: the dual is unbounded.
    """
    import cvxpy as cp

    differences, scale = _differences(expert, others)
    shared = dissimilarities is not None
    asked, unit = _margins_asked(
        dissimilarities if shared else np.ones(len(differences)), len(differences)
    )
    weights, price, limit = cp.Variable(len(differences), nonneg=True), 1.0, []
    if C is not None:
        highest = _price(C) * scale**2 / unit
        price = max(1.0, highest) ** 0.5  # the same unit as in the primal
        limit = [(cp.sum(weights) if shared else weights) <= highest / price]
    gain = asked @ weights - price * cp.sum_squares(differences.T @ weights) / 2
    solve_program(cp.Problem(cp.Maximize(gain), limit), lambda: _who_contradicts(differences))
    return np.maximum(weights.value, 0.0) * price * unit / scale**2


def policy_dissimilarity(
    expert_pi: np.ndarray, pi: np.ndarray, expert_occupancy: np.ndarray
) -> float:
    """Share of the expert's visits at which another policy would have acted differently.

    sum_s rho_E(s) * sum_a |pi_E(a|s) - pi(a|s)| / 2, divided by sum_s rho_E(s): the total variation
    between the two, averaged over where the expert goes.

    Args:
        expert_pi: the expert's policy, shape (S, A).
        pi: the other policy, shape (S, A).
        expert_occupancy: the expert's visits, shape (S, A).

    Returns:
        From 0 (the same wherever the expert goes) to 1 (no action in common there).
    """
    expert_pi, pi, visits = (np.asarray(x, float) for x in (expert_pi, pi, expert_occupancy))
    if not expert_pi.shape == pi.shape == visits.shape:
        raise ValueError(
            f"expert_pi has shape {expert_pi.shape}, pi {pi.shape} and expert_occupancy "
            f"{visits.shape}: expected (S, A) for all three"
        )
    state_visits = visits.sum(axis=1)
    if not state_visits.sum() > 0:
        raise ValueError(f"expert_occupancy sums to {visits.sum()}: the expert visits nothing")
    differing = np.abs(expert_pi - pi).sum(axis=1) / 2
    return float(state_visits @ differing / state_visits.sum())


def most_violating_policy(
    mdp: MDP, features: np.ndarray, psi: np.ndarray, loss: np.ndarray
) -> np.ndarray:
    """Loss-augmented planning: the policy that earns much by acting unlike the expert.

    argmax over pi of sum_{s, a} rho_pi(s, a) * (psi . f(s, a) + loss(s, a)). The loss is **added**:
    of all constraints psi . (mu_E - mu) >= loss . rho - slack, this is the one furthest from
    being met (Ratliff, Bagnell & Zinkevich 2006).

    Args:
        mdp: dynamics, start distribution and discount, gamma < 1.
        features: f(s, a), shape (S, A, K); or f(s), shape (S, K).
        psi: reward weights, shape (K,).
        loss: what a visit adds to the margin asked, shape (S, A) or (S,).

    Returns:
        A deterministic policy, shape (S, A), one-hot rows.
    """
    reward = _features(mdp, features) @ np.asarray(psi, float) + as_reward(mdp, loss)
    # In units of the reward, or large weights would be planned for to fewer digits than small ones.
    size = np.abs(reward).max() or 1.0
    return value_iteration(mdp, reward / size, tol=1e-11)[1]


@dataclass(frozen=True, eq=False)
class Constraints:
    """The policies that cutting planes found, and how the two bounds met.

    Attributes:
        policies: in the order found, shape (M, S, A), one-hot rows.
        others: their feature expectations, shape (M, K).
        dissimilarities: their losses sum_{s, a} rho loss, shape (M,).
        weights: their duals at the end, shape (M,): above 0 for support policies.
        slack: at the end, a number, at least 0.
        lower: objective of the program with the constraints so far, shape (M + 1,), rising.
        upper: the best objective over all policies so far, shape (M + 1,), falling; the optimum is
            between the two, and they end at most C * tol apart.
    """

    policies: np.ndarray
    others: np.ndarray
    dissimilarities: np.ndarray
    weights: np.ndarray
    slack: float
    lower: np.ndarray
    upper: np.ndarray

    def __len__(self) -> int:
        return len(self.policies)


def max_margin_planning(
    mdp: MDP,
    features: np.ndarray,
    demos_occupancy: np.ndarray,
    loss: np.ndarray,
    C: float,
    tol: float = 1e-6,
) -> tuple[np.ndarray, Constraints]:
    """The structured margin over **all** policies, by cutting planes.

    min |psi|^2 / 2 + C * slack subject to psi . (mu_E - mu_pi) >= loss . rho_pi - slack for every
    pi (Ratliff, Bagnell & Zinkevich 2006). Solve with the constraints known so far, let the planner
    find the one violated most, add it, until none is violated by more than tol.

    Args:
        mdp: dynamics, start distribution and discount, gamma < 1.
        features: f(s, a), shape (S, A, K); or f(s), shape (S, K).
        demos_occupancy: discounted visits of the demonstrations, shape (S, A).
        loss: what a visit adds to the margin asked, shape (S, A) or (S,), not negative; 0 where
            the expert goes.
        C: price of a unit of slack, above 0.
        tol: largest violation left, in units of the loss.

    Returns:
        psi, shape (K,), whose objective is within C * tol of the optimum; and the constraints.

    Raises:
        ValueError: bad input, named; a loss below 0 is.
        RuntimeError: no psi meets all constraints to within tol as far as float64 can tell.
    """
    if not tol > 0:
        raise ValueError(f"tol is {tol}, expected a positive number")
    features, loss, C = _features(mdp, features), _loss(mdp, loss), _price(C)
    visits = as_reward(mdp, demos_occupancy)
    expert = np.einsum("sa,sak->k", visits, features)
    cuts, psi, slack = _Cuts(), np.zeros(features.shape[2]), 0.0
    while True:
        pi = most_violating_policy(mdp, features, psi, loss)
        rho = occupancy(mdp, pi)
        mu, asked = np.einsum("sa,sak->k", rho, features), float((rho * loss).sum())
        needed = max(0.0, asked - float(psi @ (expert - mu)))
        cuts.bound(psi @ psi / 2, C * slack, C * needed)
        if needed - slack <= tol:
            weights = cuts.weights(expert, C)
            return psi, cuts.collect(features, weights, slack)
        if len(cuts.policies) == _MAX_CUTS or cuts.has(mu, asked):
            raise RuntimeError(
                f"after {len(cuts.policies)} policies one constraint is still violated by "
                f"{needed - slack:.3g}, more than tol = {tol:.3g}: allow a larger tol or a lower C"
            )
        cuts.add(pi, mu, asked)
        psi, slack = structured_margin(expert, np.array(cuts.others), np.array(cuts.asked), C)


class _Cuts:
    """What `max_margin_planning` gathers."""

    def __init__(self):
        self.policies, self.others, self.asked, self.lower, self.upper = [], [], [], [], []

    def add(self, pi, mu, asked):
        self.policies.append(pi)
        self.others.append(mu)
        self.asked.append(asked)

    def has(self, mu, asked):
        """Whether the same constraint is there already: then the solver can do no better."""
        known = zip(self.others, self.asked, strict=True)
        return any(
            np.array_equal(mu, other) and asked == other_asked for other, other_asked in known
        )

    def bound(self, size, paid, needed):
        self.lower.append(float(size + paid))
        self.upper.append(min([float(size + needed), *self.upper[-1:]]))

    def weights(self, expert, C):
        if not self.policies:
            return np.zeros(0)
        return support_weights(expert, np.array(self.others), np.array(self.asked), C)

    def collect(self, features, weights, slack):
        S, A, K = features.shape
        return Constraints(
            np.array(self.policies).reshape(-1, S, A),
            np.array(self.others).reshape(-1, K),
            np.array(self.asked),
            weights,
            slack,
            np.array(self.lower),
            np.array(self.upper),
        )


def compact_program(
    mdp: MDP, features: np.ndarray, demos_occupancy: np.ndarray, loss: np.ndarray, C: float
) -> tuple[np.ndarray, float]:
    """The same optimum as `max_margin_planning`, as one program with the planner inside.

    The largest loss-augmented return is p(s_1) . V for the smallest V with
    V(s) >= psi . f(s, a) + loss(s, a) + gamma * sum_s' p(s'|s, a) V(s') for all s and a, so
    that S * A linear constraints stand for all A^S policies (Ratliff, Bagnell & Zinkevich 2006):
    min |psi|^2 / 2 + C * slack subject to them and p(s_1) . V <= psi . mu_E + slack, slack >= 0.

    Args:
        mdp: dynamics, start distribution and discount, gamma < 1.
        features: f(s, a), shape (S, A, K); or f(s), shape (S, K).
        demos_occupancy: discounted visits of the demonstrations, shape (S, A).
        loss: as for `max_margin_planning`, shape (S, A) or (S,).
        C: price of a unit of slack, above 0.

    Returns:
        psi, shape (K,), and the slack, at least 0.
    """
    import cvxpy as cp

    if mdp.gamma == 1.0:
        raise ValueError("gamma is 1: returns without end need not be finite. Use gamma < 1.")
    features, loss = _features(mdp, features), _loss(mdp, loss)
    expert = np.einsum("sa,sak->k", as_reward(mdp, demos_occupancy), features)
    S, A, K = features.shape
    psi, V, slack = cp.Variable(K), cp.Variable(S), cp.Variable(nonneg=True)
    state = np.repeat(np.arange(S), A)
    # (1 - gamma) V is of the size of one reward, whatever gamma is: the solver likes that.
    look_ahead = mdp.gamma * (mdp._rows @ V) / (1.0 - mdp.gamma)
    earned = features.reshape(S * A, K) @ psi + loss.ravel()
    constraints = [
        V[state] / (1.0 - mdp.gamma) >= earned + look_ahead,
        mdp.initial_dist @ V / (1.0 - mdp.gamma) <= expert @ psi + slack,
    ]
    objective = cp.Minimize(cp.sum_squares(psi) / 2 + _price(C) * slack)
    solve_program(cp.Problem(objective, constraints))
    return psi.value, max(0.0, float(slack.value))


def _who_contradicts(differences):
    """A sentence naming others whose mixture is the expert: the proof that nothing separates."""
    from scipy.optimize import linprog

    same = np.flatnonzero(np.abs(differences).max(axis=1) <= _ROUNDING)
    if len(same):
        return f"others[{same[0]}] is the expert itself, and no reward puts it above itself."
    M, K = differences.shape
    found = linprog(
        np.zeros(M),
        A_eq=np.vstack([differences.T, np.ones(M)]),
        b_eq=np.append(np.zeros(K), 1.0),
        method="highs-ds",  # a corner: at most K + 1 policies
    )
    if found.x is None:
        return "The expert is, to within rounding, a mixture of the others."
    parts = [f"{found.x[i]:.3g} of others[{i}]" for i in np.flatnonzero(found.x > 1e-9)]
    return (
        f"The expert's feature expectations are a mixture of other policies' ({', '.join(parts)}), "
        "and no reward puts a mixture above all of its parts. Allow slack, or leave one out."
    )


def _differences(expert, others):
    """mu_E - mu_i in units of the largest, shape (M, K), and that unit."""
    expert, others = np.asarray(expert, float), np.asarray(others, float)
    if expert.ndim != 1 or others.ndim != 2 or others.shape[1:] != expert.shape or not others.size:
        raise ValueError(
            f"expert has shape {expert.shape} and others {others.shape}: expected (K,) and (M, K) "
            "with M and K at least 1"
        )
    for name, array in (("expert", expert), ("others", others)):
        bad = np.argwhere(~np.isfinite(array))
        if len(bad):
            index = ", ".join(map(str, bad[0]))
            raise ValueError(f"{name}[{index}] is {array[tuple(bad[0])]}, not finite")
    differences = expert - others
    scale = float(np.linalg.norm(differences, axis=1).max()) or 1.0
    return differences / scale, scale


def _margins_asked(dissimilarities, n_others):
    """Dissimilarities in units of the largest, shape (M,), and that unit."""
    asked = np.asarray(dissimilarities, float)
    if asked.shape != (n_others,):
        raise ValueError(f"dissimilarities has shape {asked.shape}, expected ({n_others},)")
    bad = np.flatnonzero(~((asked >= 0) & (asked < np.inf)))
    if len(bad):
        raise ValueError(f"dissimilarities[{bad[0]}] is {asked[bad[0]]}, expected 0 or more")
    unit = float(asked.max()) or 1.0
    return asked / unit, unit


def _price(C):
    if not 0.0 < C < np.inf:
        raise ValueError(f"C is {C}, expected a positive number")
    return float(C)


def _loss(mdp, loss):
    """A loss as (S, A), not negative: below 0 it would ask the expert to lose."""
    loss = as_reward(mdp, loss)
    bad = np.argwhere(loss < 0)
    if len(bad):
        s, a = bad[0]
        raise ValueError(f"loss[s={s}, a={a}] is {loss[s, a]}, expected 0 or more")
    return loss


def _features(mdp, features):
    """Features as (S, A, K); those of the state alone, (S, K), are the same for every action."""
    features = np.asarray(features, float)
    S, A = mdp.n_states, mdp.n_actions
    if features.ndim == 2 and len(features) == S:
        return np.broadcast_to(features[:, None], (S, A, features.shape[1]))
    if features.ndim != 3 or features.shape[:2] != (S, A):
        raise ValueError(f"features has shape {features.shape}, expected ({S}, {A}, K) or ({S}, K)")
    return features
