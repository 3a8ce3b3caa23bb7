"""Checks of lesson 01: from a reward to a policy, and what the policy is worth."""

from __future__ import annotations

import numpy as np

from irl_course import planning
from irl_course.checks.core import Case, Exercise, Misconception, Part, Problem, matches
from irl_course.checks.forms import Array, Number, Policy, Several, number
from irl_course.checks.problems import noisy_world, random_policy, random_reward, worlds
from irl_course.checks.quiz import Option, Quiz
from irl_course.mdp import MDP

# --- problems ------------------------------------------------------------------------------


def _backup_problems(rng: np.random.Generator) -> list[Problem]:
    problems = []
    for label, mdp in worlds(rng):
        V = rng.normal(size=mdp.n_states) * 3
        problems.append(Problem(label, (mdp, random_reward(rng, mdp), V)))
    large = mdp.replace(gamma=0.9)
    V = 1e4 * rng.normal(size=mdp.n_states)
    problems.append(Problem("large rewards", (large, random_reward(rng, mdp, 1e3), V)))
    return problems


def _planning_problems(rng: np.random.Generator) -> list[Problem]:
    problems = [Problem(label, (mdp, random_reward(rng, mdp), 1e-8)) for label, mdp in worlds(rng)]
    mdp = problems[1].args[0]
    costs = -np.abs(random_reward(rng, mdp)) - 0.5
    problems.insert(
        2, Problem("3 states, 2 actions, γ = 0.9, every reward negative", (mdp, costs, 1e-8))
    )
    gains = np.abs(random_reward(rng, mdp, 1e3))
    problems.append(Problem("3 states, 2 actions, γ = 0.9, large rewards", (mdp, gains, 1e-6)))
    street = "6 states, 2 actions, γ = 0.9, a street and"
    problems.append(Problem(f"{street} a dead end", (*_street(), 1e-8)))
    problems.append(
        Problem("3 states, 2 actions, γ = 0.9, gains and losses alike", (*_opposites(), 1e-8))
    )
    problems.append(
        Problem("4 states, 2 actions, γ = 0.9, a way with bad news", (*_surprise(), 1e-8))
    )
    problems.append(_goal_first(rng))
    problems.append(
        Problem("12 states, 2 actions, γ = 0.9, only the last one pays", (*_one_pays(), 5e-6))
    )
    return problems


def _goal_first(rng: np.random.Generator) -> Problem:
    """Costs everywhere but in state 0, which is never left: its value is known at once.

    It has the largest value, too, so that neither state 0 nor the maximum says when to stop.
    """
    mdp = noisy_world(rng, 5, 3, 0.9)
    P = np.array(mdp.P)
    P[0] = np.eye(5)[0]
    reward = -np.abs(random_reward(rng, mdp)) - 0.5
    reward[0] = 0.0
    return Problem(
        "5 states, 3 actions, γ = 0.9, costs until state 0", (mdp.replace(P=P), reward, 1e-8)
    )


def _one_pays() -> tuple[MDP, np.ndarray]:
    """Eleven states that settle at once, so that a mean over states says little about the twelfth."""
    P = np.zeros((12, 2, 12))
    states = np.arange(12)
    P[states, 0, states] = 1.0
    P[states, 1, 0] = 1.0
    reward = np.zeros((12, 2))
    reward[11, 0] = 1.0
    return MDP(P, np.full(12, 1 / 12), 0.9), reward


def _street() -> tuple[MDP, np.ndarray]:
    """A street of five states that pays well at its end, and a sixth state for itself.

    Built against hasty tests for having arrived: the sixth state has settled before the first
    sweep. Waiting in the street pays a little now, so that a policy that is greedy for reward
    never moves.
    """
    P = np.zeros((6, 2, 6))
    for state in range(5):
        P[state, 0, min(state + 1, 4)] = 1.0
        P[state, 1, state] = 1.0
    P[5, :, 5] = 1.0
    reward = np.zeros((6, 2))
    reward[:4, 1] = 0.01
    reward[4] = 1.0
    return MDP(P, np.array([0.5, 0.1, 0.1, 0.1, 0.1, 0.1]), 0.9), reward


def _opposites() -> tuple[MDP, np.ndarray]:
    """States that are never left and pay 1, -1 and 0: the changes of every sweep add up to zero."""
    P = np.repeat(np.eye(3)[:, None, :], 2, axis=1)
    return MDP(P, np.array([0.5, 0.3, 0.2]), 0.9), np.repeat([[1.0], [-1.0], [0.0]], 2, axis=1)


def _surprise() -> tuple[MDP, np.ndarray]:
    """A way of four states with bad news near its end.

    The first and the second sweep give values of the same norm, and the third others.
    """
    gamma = 0.9
    P = np.zeros((4, 2, 4))
    P[np.arange(4), 0, [1, 2, 3, 3]] = 1.0
    P[np.arange(4), 1, np.arange(4)] = 1.0
    reward = np.full((4, 2), -10.0)
    reward[:, 0] = [-gamma / 2, 1.0, -2 / gamma, 0.0]
    return MDP(P, np.array([0.7, 0.1, 0.1, 0.1]), gamma), reward


def _policy_problems(rng: np.random.Generator) -> list[Problem]:
    problems = [
        Problem(label, (mdp, random_reward(rng, mdp), random_policy(rng, mdp)))
        for label, mdp in worlds(rng)
    ]
    mdp = problems[1].args[0]
    best = planning.greedy_policy(random_reward(rng, mdp))
    sure = (mdp, random_reward(rng, mdp, 1e3), best)
    return [*problems, Problem("3 states, 2 actions, γ = 0.9, a policy without doubt", sure)]


def _occupancy_problems(rng: np.random.Generator) -> list[Problem]:
    return [Problem(problem.label, problem.args[::2]) for problem in _policy_problems(rng)]


# --- laws ----------------------------------------------------------------------------------


# Evaluation by sweeps until they change by less than 1e-6 is right, too: at γ = 0.98 it may miss by 5e-5.
_BY_SWEEPS = 6e-5


def _values_optimal(case: Case) -> str | None:
    said = matches("V", 0)(case)
    if said is None:
        return None
    (mdp, reward, tol), V = case.args, case.out[0]
    if beyond := _beyond(mdp, reward, V):
        return said + beyond
    change = np.abs(_best(mdp, reward, V) - V)
    most = int(np.argmax(change))
    if change[most] < tol:
        return said
    if change[most] < 1e-3 * np.abs(V).max():  # the numbers would look alike: say nothing of them
        said = "V has not settled."
    count = _index_of(V, _sweep_by_sweep(lambda V: _best(mdp, reward, V), np.zeros(mdp.n_states)))
    return (
        f"{said}{_given_by(count, 'sweep')} One more sweep would change V[{most}] by {number(change[most])}, and tol "
        f"is {tol:g}."
    )


def _evaluated(case: Case) -> str | None:
    said = matches("V", tol=_BY_SWEEPS)(case)
    if said is None:
        return None
    mdp, reward, pi = case.args
    if beyond := _beyond(mdp, reward, case.out):
        return said + beyond
    paid, P_pi = _paid(reward, pi), mdp.gamma * mdp.policy_matrix(pi)
    sweeps = _sweep_by_sweep(lambda V: paid + P_pi @ V, np.zeros(mdp.n_states))
    return said + _given_by(_index_of(case.out, sweeps), "sweep")


def _visits(case: Case) -> str | None:
    said = matches("occupancy")(case)
    if said is None:
        return None
    mdp, pi = case.args
    said += _given_by(_index_of(case.out, _step_by_step(mdp, pi)), "step")
    total, right = case.out.sum(), 1 / (1 - mdp.gamma)
    if np.isclose(total, right, rtol=1e-4):
        return said
    return f"{said} All visits sum to {number(total)}; they should sum to 1 / (1 − γ) = {number(right)}."


def _returned(case: Case) -> str | None:
    said = matches("the expected return", tol=_BY_SWEEPS)(case)
    if said is None:
        return None
    mdp, reward, pi = case.args
    steps = ((visits * reward).sum() for visits in _step_by_step(mdp, pi))
    return said + _given_by(_index_of(case.out, steps), "step")


def _beyond(mdp: MDP, reward: np.ndarray, V: np.ndarray) -> str:
    """What to say of values that no policy can have."""
    bound = np.abs(reward).max() / (1 - mdp.gamma)
    if np.abs(V).max() <= bound * (1 + 1e-6):
        return ""
    return f" No value can be larger than the largest reward times 1 / (1 − γ), here {number(bound)}: is γ missing?"


def _sweep_by_sweep(sweep, V: np.ndarray, limit: int = 1000):
    """V after one sweep, after two, and so on."""
    for _ in range(limit):
        V = sweep(V)
        yield V


def _step_by_step(mdp: MDP, pi: np.ndarray, limit: int = 1000):
    """The occupancy of the first step, of the first two, and so on."""
    crowd, visits, P_pi = mdp.initial_dist, 0.0, mdp.gamma * mdp.policy_matrix(pi)
    for _ in range(limit):
        visits = visits + crowd[:, None] * pi
        yield visits
        crowd = crowd @ P_pi


def _index_of(value: np.ndarray, results) -> int:
    """Which of the results an answer is to the last digits, from 1; 0 if none."""
    alike = (k for k, one in enumerate(results, 1) if np.allclose(one, value, rtol=1e-9, atol=1e-9))
    return next(alike, 0)


def _given_by(count: int, what: str) -> str:
    """Where an answer comes from that leaves off too early."""
    return f" Your answer is what {count} {what}s give." if count > 1 else ""


def _policy_optimal(case: Case) -> str | None:
    """Whatever a policy does among equals, nothing it does may lose value."""
    mdp, reward, _ = case.args
    V, pi = case.expected[0], case.out[1]
    Q = planning.bellman_backup(mdp, reward, V)
    lost = (pi * (Q.max(axis=1, keepdims=True) - Q)).sum(axis=1)
    worst = int(np.argmax(lost))
    if lost[worst] <= 1e-5 * max(1.0, np.abs(Q).max()):
        return None
    return (
        f"In state {worst} your policy chooses {_chosen(pi[worst])}, which gives up {number(lost[worst])} "
        f"in value against action {int(np.argmax(Q[worst]))}."
    )


def _chosen(row: np.ndarray) -> str:
    best = int(np.argmax(row))
    return (
        f"action {best}"
        if row[best] > 0.999
        else f"actions {_listed(np.flatnonzero(row > 1e-6))} at random"
    )


def _listed(actions: np.ndarray) -> str:
    return ", ".join(map(str, actions[:-1])) + f" and {actions[-1]}"


# --- misconceptions ------------------------------------------------------------------------


def _next_value(mdp: MDP, V: np.ndarray) -> np.ndarray:
    return mdp.P @ V


def _likeliest(mdp: MDP, reward: np.ndarray, V: np.ndarray) -> np.ndarray:
    return reward + mdp.gamma * V[mdp.P.argmax(axis=2)]


def _backup(mdp: MDP, reward: np.ndarray, V: np.ndarray) -> np.ndarray:
    """`planning.bellman_backup` without its validation: mistaken loops call it ten thousand times."""
    return reward + mdp.gamma * (mdp.P @ V)


def _best(mdp: MDP, reward: np.ndarray, V: np.ndarray) -> np.ndarray:
    return _backup(mdp, reward, V).max(axis=1)


def _settled(new: np.ndarray, old: np.ndarray, tol: float) -> bool:
    """The right test for having arrived."""
    return bool(np.abs(new - old).max() < tol)


def _sweeps(backup=_best, done=_settled, limit: int = 5000):
    """Value iteration with pieces exchanged: the backup to V, or the test for having arrived."""

    def wrong(mdp: MDP, reward: np.ndarray, tol: float) -> np.ndarray:
        V = np.zeros(mdp.n_states)
        for _ in range(limit):
            V, old = backup(mdp, reward, V), V
            if done(V, old, tol):
                break
        return V

    return _wrong_values(wrong)


def _wrong_values(values):
    """A mistake in V alone. The policy beside it is right, so that only V is compared."""
    return lambda mdp, reward, tol: (values(mdp, reward, tol), _optimal(mdp, reward)[2])


def _until_policy_settles(mdp: MDP, reward: np.ndarray, tol: float):
    def same(new: np.ndarray, old: np.ndarray, tol: float) -> bool:
        return np.array_equal(*(_backup(mdp, reward, V).argmax(axis=1) for V in (new, old)))

    return _sweeps(done=same)(mdp, reward, tol)


def _one_sweep_in_place(mdp: MDP, reward: np.ndarray, tol: float) -> np.ndarray:
    V = np.zeros(mdp.n_states)
    for s in range(mdp.n_states):
        V[s] = (reward[s] + mdp.gamma * mdp.P[s] @ V).max()
    return V


def _hopeful(mdp: MDP, reward: np.ndarray, V: np.ndarray) -> np.ndarray:
    return (reward + mdp.gamma * np.where(mdp.P > 0, V, -np.inf).max(axis=2)).max(axis=1)


def _log_sum_exp(Q: np.ndarray) -> np.ndarray:
    top = Q.max(axis=1)
    return top + np.log(np.exp(Q - top[:, None]).sum(axis=1))


def _separate_maxima(mdp: MDP, reward: np.ndarray, V: np.ndarray) -> np.ndarray:
    return reward.max(axis=1) + mdp.gamma * (mdp.P @ V).max(axis=1)


def _optimal(mdp: MDP, reward: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """V, Q and pi."""
    V, _ = planning.policy_iteration(mdp, reward)
    Q = planning.bellman_backup(mdp, reward, V)
    return V, Q, planning.greedy_policy(Q)


def _softmax(Q: np.ndarray) -> np.ndarray:
    weights = np.exp(Q - Q.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def _ties(Q: np.ndarray) -> np.ndarray:
    """A 1 at each of the best actions."""
    return np.isclose(Q, Q.max(axis=1, keepdims=True)).astype(float)


def _without_noise(mdp: MDP) -> MDP:
    """The world in which the most likely thing always happens."""
    return mdp.replace(P=np.eye(mdp.n_states)[mdp.P.argmax(axis=2)])


def _of_action_0(reward: np.ndarray) -> np.ndarray:
    """The reward of action 0 for all actions, as if it hung on the state alone."""
    return np.repeat(reward[:, :1], reward.shape[1], axis=1)


def _only_rows(Q: np.ndarray, rows: slice) -> np.ndarray:
    """A result of which only some rows have been filled in."""
    kept = np.zeros_like(Q)
    kept[rows] = Q[rows]
    return kept


def _with_policy(choose):
    """The right V with a policy made another way."""

    def wrong(mdp: MDP, reward: np.ndarray, tol: float):
        V, Q, _ = _optimal(mdp, reward)
        return V, planning.greedy_policy(choose(mdp, reward, V, Q))

    return wrong


def _solve(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.linalg.solve(matrix, right)


def _discounted(mdp: MDP, pi: np.ndarray, sign: float = -1.0) -> np.ndarray:
    return np.eye(mdp.n_states) + sign * mdp.gamma * mdp.policy_matrix(pi)


def _uniform(mdp: MDP) -> np.ndarray:
    return np.full((mdp.n_states, mdp.n_actions), 1.0 / mdp.n_actions)


def _paid(reward: np.ndarray, pi: np.ndarray) -> np.ndarray:
    return (pi * reward).sum(axis=1)


def _from_start(mdp: MDP, pi: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Occupancy of a policy from another start."""
    return planning.occupancy(mdp.replace(initial_dist=start), pi)


def _average_policy(pi: np.ndarray) -> np.ndarray:
    return planning.greedy_policy(pi)


# Hints that several mistakes share.
_STATE_REWARD = (
    "You pay the reward of action 0 for every action. In the lesson's grid that makes no difference; in general a "
    "reward belongs to a state *and* an action: `reward[s, a]`."
)
_WITHOUT_NOISE = "You follow only the most likely next state, as if nothing were random. Every s′ counts, weighted by its probability."
_NO_FRACTIONS = (
    "Your numbers are cut to whole ones: an array made with `dtype=int` keeps no fractions."
)
_ONES = (
    "`1 - gamma * P_pi` subtracts from a matrix full of ones. The 1 of the equation is the unit matrix, "
    "`np.eye(mdp.n_states)`."
)
_MULTIPLIED = (
    "You multiplied by the matrix I − γP. The equations say that the matrix *times the unknown* is known: solve them, "
    "with `np.linalg.solve`."
)

# --- exercises -----------------------------------------------------------------------------

EXERCISES = [
    Exercise(
        name="bellman_backup",
        title="One step of looking ahead",
        reference=planning.bellman_backup,
        form=Array("Q", "n_states, n_actions"),
        problems=_backup_problems,
        parts=(Part("Q", 2, matches("Q")),),
        misconceptions=(
            Misconception(
                "sum_over_s",
                lambda mdp, r, V: r + mdp.gamma * np.einsum("sat,s->ta", mdp.P, V),
                "The sum runs over s instead of s′. Put all the probability of `P[s, a]` on one successor: "
                "what should Q be then?",
            ),
            Misconception(
                "discounted_reward",
                lambda mdp, r, V: mdp.gamma * (r + _next_value(mdp, V)),
                "γ multiplies the reward too. The reward comes now; only what comes a step later is discounted.",
            ),
            Misconception(
                "no_discount",
                lambda mdp, r, V: r + _next_value(mdp, V),
                "There is no γ in your backup. The next state's value comes one step later, so it counts γ times.",
            ),
            Misconception(
                "max_successor",
                lambda mdp, r, V: r + mdp.gamma * np.where(mdp.P > 0, V, -np.inf).max(axis=2),
                "You take the best next state, as if the agent could pick it. It picks the action; the world picks "
                "s′, with probability P[s, a, s′].",
            ),
            Misconception(
                "likeliest",
                _likeliest,
                "You look only at the most likely next state. Every s′ counts, weighted by its probability.",
            ),
            Misconception(
                "unweighted",
                lambda mdp, r, V: (
                    r + mdp.gamma * np.where(mdp.P > 0, V, 0).sum(2) / (mdp.P > 0).sum(2)
                ),
                "All reachable next states count the same in your average. Weight each by its probability.",
            ),
            Misconception(
                "stays",
                lambda mdp, r, V: r + mdp.gamma * V[:, None],
                "Your look-ahead uses V of the state you are in. Q asks for V of the state you land in.",
            ),
            Misconception(
                "no_reward",
                lambda mdp, r, V: mdp.gamma * _next_value(mdp, V),
                "The reward for (s, a) itself is missing: with V = 0, Q should be the reward.",
            ),
            Misconception(
                "only_reward",
                lambda mdp, r, V: r,
                "Your Q is the reward alone; V is never used. Looking ahead adds the discounted value of s′.",
            ),
            Misconception(
                "state_values",
                lambda mdp, r, V: np.repeat(
                    (r + mdp.gamma * _next_value(mdp, V)).max(1)[:, None], r.shape[1], 1
                ),
                "You already took the max over actions. Q keeps one number per action; V is its max.",
            ),
            Misconception(
                "minus",
                lambda mdp, r, V: r - mdp.gamma * _next_value(mdp, V),
                "The future is subtracted. A good next state should make an action better, not worse.",
            ),
            Misconception(
                "mean_value",
                lambda mdp, r, V: r + mdp.gamma * V.mean(),
                "You add the same average value everywhere. Which next states are likely depends on s and a.",
            ),
            Misconception(
                "reward_twice",
                lambda mdp, r, V: r + mdp.gamma * (_next_value(mdp, V) + mdp.P @ r.max(axis=1)),
                "The next step's reward is added as well: V of the next state already contains it.",
            ),
            Misconception(
                "discount_misplaced",
                lambda mdp, r, V: mdp.gamma * r + _next_value(mdp, V),
                "γ stands at the reward. The reward comes now and counts in full; the next state's value waits a step.",
            ),
            Misconception(
                "discounted_twice",
                lambda mdp, r, V: r + mdp.gamma**2 * _next_value(mdp, V),
                "γ comes in twice. The next state is one step away: one γ.",
            ),
            Misconception(
                "blended",
                lambda mdp, r, V: (1 - mdp.gamma) * r + mdp.gamma * _next_value(mdp, V),
                "You take an average of reward and future, with the weights 1 − γ and γ. The reward counts in full.",
            ),
            Misconception(
                "no_probabilities",
                lambda mdp, r, V: r + mdp.gamma * (mdp.P > 0) @ V,
                "You add up V over all states in reach. Weight each by its probability `P[s, a, s′]`.",
            ),
            Misconception(
                "mean_over_next",
                lambda mdp, r, V: r + mdp.gamma * _next_value(mdp, V) / mdp.n_states,
                "You divide by the number of states (a `mean` in place of a `sum`?). The probabilities are the weights, "
                "and they sum to 1 already.",
            ),
            Misconception(
                "reward_per_successor",
                lambda mdp, r, V: mdp.n_states * r + mdp.gamma * _next_value(mdp, V),
                "The reward is added once for every next state. It is paid once: take it out of the sum over s′.",
            ),
            Misconception(
                "last_successor",
                lambda mdp, r, V: r + mdp.gamma * mdp.P[:, :, -1] * V[-1],
                "Only the last s′ is left in your sum. Does the inner loop add (`+=`), or replace (`=`)?",
            ),
            Misconception(
                "mean_transitions",
                lambda mdp, r, V: r + mdp.gamma * _next_value(mdp, V).mean(axis=1, keepdims=True),
                "You average the transitions over the actions. Each action has a row of its own, `P[s, a]`.",
            ),
            Misconception(
                "state_reward",
                lambda mdp, r, V: _of_action_0(r) + mdp.gamma * _next_value(mdp, V),
                _STATE_REWARD,
            ),
            Misconception(
                "per_state",
                lambda mdp, r, V: (r + mdp.gamma * _next_value(mdp, V)).max(axis=1),
                "You return one number per state. Q has one for each state *and action*; the max over actions comes "
                "later.",
            ),
            Misconception(
                "planned_on",
                lambda mdp, r, V: _optimal(mdp, r)[1],
                "You plan until nothing changes, whatever `V` is given. A backup looks one step ahead, once.",
            ),
            Misconception(
                "first_row",
                lambda mdp, r, V: _only_rows(planning.bellman_backup(mdp, r, V), slice(0, 1)),
                "Only state 0 is filled in. Does the loop reach the other states before you return?",
            ),
            Misconception(
                "all_but_last",
                lambda mdp, r, V: _only_rows(planning.bellman_backup(mdp, r, V), slice(0, -1)),
                "The last state is left at 0. `range(n)` already stops before n.",
            ),
            Misconception(
                "fixed_discount",
                lambda mdp, r, V: r + 0.95 * _next_value(mdp, V),
                "Your backup uses γ = 0.95 in every world. Each world brings its own: `mdp.gamma`.",
            ),
            Misconception(
                "whole_numbers",
                lambda mdp, r, V: np.trunc(planning.bellman_backup(mdp, r, V)),
                _NO_FRACTIONS,
            ),
            Misconception(
                "largest_value",
                lambda mdp, r, V: r + mdp.gamma * V.max(),
                "You add the largest V everywhere. Where you may land depends on s and a: `mdp.P[s, a]`.",
            ),
            Misconception(
                "largest_term",
                lambda mdp, r, V: r + mdp.gamma * (mdp.P * V).max(axis=2),
                "You take the largest of the products p · V. An expectation is their *sum*.",
            ),
            Misconception(
                "best_reward",
                lambda mdp, r, V: r.max(axis=1, keepdims=True) + mdp.gamma * _next_value(mdp, V),
                "Every action pays the best reward of its state. Each has its own: `reward[s, a]`.",
            ),
            Misconception(
                "rate",
                lambda mdp, r, V: r + (1 - mdp.gamma) * _next_value(mdp, V),
                "You used 1 − γ as the factor. γ itself is what a value keeps for each step that it waits.",
            ),
            Misconception(
                "rounded",
                lambda mdp, r, V: planning.bellman_backup(mdp, r, V).round(2),
                "Your result is rounded to two digits. Round where you print, not where you compute.",
            ),
        ),
        hints=(
            "Take one state and one action. Which numbers of $P$ say where you may land, and what is each of these "
            "places worth?",
            "`mdp.P` has shape $(S, A, S)$ and `V` has shape $(S,)$. `mdp.P @ V` sums over the last axis, $s'$, and "
            "leaves $(S, A)$.",
            "`reward + mdp.gamma * (mdp.P @ V)`",
        ),
    ),
    Exercise(
        name="value_iteration",
        title="Back up until nothing changes",
        reference=planning.value_iteration,
        form=Several(Array("V", "n_states"), Policy("pi", "n_states, n_actions")),
        problems=_planning_problems,
        parts=(
            Part("V is the optimal value", 2, _values_optimal),
            Part("pi is an optimal policy", 1, _policy_optimal),
        ),
        endless="Each sweep shrinks the error by γ, so value iteration ends when three things hold: γ is in the "
        "backup, V is replaced by the new values in every sweep, and the test compares the *new* V with the *old* one.",
        misconceptions=(
            Misconception(
                "any_converged",
                _sweeps(done=lambda new, old, tol: (abs(new - old) < tol).any()),
                "You stop as soon as one state has settled. All states must have changed by less than `tol`: look "
                "at the largest change.",
            ),
            Misconception(
                "one_sweep",
                _sweeps(limit=1),
                "Your V is the best immediate reward, which is what a single sweep gives. Does the loop go on? Does the "
                "test compare the new V with the *old* one, or one array with itself (`old = V` is the same array "
                "under a second name)?",
            ),
            Misconception(
                "same_array",
                _wrong_values(_one_sweep_in_place),
                "Your V is what one sweep in place gives: why does the loop end there? After `old = V` both names mean "
                "the same array, and the change is always 0: keep a copy, `old = V.copy()`.",
            ),
            Misconception(
                "no_reward",
                _wrong_values(lambda mdp, r, tol: np.zeros(mdp.n_states)),
                "Your V is 0 everywhere. Does the reward come into the backup, and the result of the backup into V?",
            ),
            Misconception(
                "signed_change",
                _sweeps(done=lambda new, old, tol: (new - old).max() < tol),
                "You stop too early where values *fall*: a change of −5 is smaller than `tol`. Compare its absolute "
                "value.",
            ),
            Misconception(
                "summed_change",
                _sweeps(done=lambda new, old, tol: abs((new - old).sum()) < tol),
                "Your test adds changes up, so that rises and falls cancel. Look at the largest absolute change.",
            ),
            Misconception(
                "signed_sum",
                _sweeps(done=lambda new, old, tol: (new - old).sum() < tol),
                "Your test adds changes up, so that rises and falls cancel, and values that fall end the loop. Look at "
                "the largest absolute change.",
            ),
            Misconception(
                "mean_change",
                _sweeps(done=lambda new, old, tol: np.abs(new - old).mean() < tol),
                "You stop when the *average* change is small. One state can still move while the others rest: look at the "
                "largest change.",
            ),
            Misconception(
                "largest_value",
                _sweeps(done=lambda new, old, tol: abs(new.max() - old.max()) < tol),
                "You compare the largest values, before and after. Take the difference state by state first, then its "
                "largest absolute value.",
            ),
            Misconception(
                "change_of_norm",
                _sweeps(
                    done=lambda new, old, tol: abs(np.linalg.norm(new) - np.linalg.norm(old)) < tol
                ),
                "You compare two norms. Two different V can have the same one: take the norm of the *difference*.",
            ),
            Misconception(
                "first_state",
                _sweeps(done=lambda new, old, tol: abs(new[0] - old[0]) < tol),
                "You watch state 0 only. It may settle long before the others: look at the largest change.",
            ),
            Misconception(
                "allclose",
                _sweeps(done=lambda new, old, tol: np.allclose(new, old)),
                "`np.allclose` has tolerances of its own, relative ones too: it is content too early here. Compare the "
                "largest absolute change with `tol`.",
            ),
            Misconception(
                "policy_settles",
                _until_policy_settles,
                "You stop when the policy no longer changes. The values go on moving after that, and they may change "
                "the policy again.",
            ),
            *(
                Misconception(
                    f"tolerance_{own:g}",
                    _sweeps(done=lambda new, old, tol, own=own: np.abs(new - old).max() < own),
                    "You stop at a tolerance of your own. The argument `tol` says how small the change must be.",
                )
                for own in (0.1, 0.01, 1e-3, 1e-4)
            ),
            *(
                Misconception(
                    f"sweeps_{count}",
                    _sweeps(done=lambda new, old, tol: False, limit=count),
                    f"A fixed {count} sweeps is not enough: after k sweeps an error of γ to the k is left. Let `tol` "
                    "decide.",
                )
                for count in (10, 20, 50, 100, 200)
            ),
            Misconception(
                "average_action",
                _sweeps(lambda mdp, r, V: _backup(mdp, r, V).mean(axis=1)),
                "Your V averages over the actions: that is the value of acting at random. The optimal agent takes "
                "the best action, the max.",
            ),
            Misconception(
                "worst_action",
                _sweeps(lambda mdp, r, V: _backup(mdp, r, V).min(axis=1)),
                "Your V takes the worst action: min where max is asked.",
            ),
            Misconception(
                "soft_values",
                _sweeps(lambda mdp, r, V: _log_sum_exp(_backup(mdp, r, V))),
                "Your V is a soft maximum: it lies above the largest Q. Here the best action counts, and no other.",
            ),
            Misconception(
                "separate_maxima",
                _sweeps(_separate_maxima),
                "The best reward and the best future come from different actions here. One action brings both: add "
                "first, then take the max.",
            ),
            Misconception(
                "discounted_reward",
                _wrong_values(lambda mdp, r, tol: mdp.gamma * _optimal(mdp, r)[0]),
                "Everything is multiplied by γ once too often: the first reward comes at once.",
            ),
            Misconception(
                "fixed_discount",
                _wrong_values(lambda mdp, r, tol: _optimal(mdp.replace(gamma=0.95), r)[0]),
                "You use γ = 0.95 in every world. Each world brings its own: `mdp.gamma`.",
            ),
            Misconception(
                "without_noise",
                _wrong_values(lambda mdp, r, tol: _optimal(_without_noise(mdp), r)[0]),
                _WITHOUT_NOISE,
            ),
            Misconception(
                "max_successor",
                _sweeps(_hopeful),
                "You take the best next state, as if the agent could pick it. It picks the action; the world picks "
                "s′, with probability P[s, a, s′].",
            ),
            Misconception(
                "state_reward",
                _wrong_values(lambda mdp, r, tol: _optimal(mdp, _of_action_0(r))[0]),
                _STATE_REWARD,
            ),
            Misconception(
                "whole_numbers",
                _sweeps(lambda mdp, r, V: np.trunc(_best(mdp, r, V)), limit=200),
                _NO_FRACTIONS,
            ),
            Misconception(
                "greedy_for_reward",
                _with_policy(lambda mdp, r, V, Q: r),
                "Your policy takes the action with the largest *reward*. It should take the largest Q: the reward "
                "now and everything after it.",
            ),
            Misconception(
                "greedy_for_next",
                _with_policy(lambda mdp, r, V, Q: mdp.P @ V),
                "Your policy goes where V is largest and forgets what the step itself pays. Compare Q, not E[V(s′)].",
            ),
            Misconception(
                "stale_policy",
                _with_policy(lambda mdp, r, V, Q: np.zeros_like(Q)),
                "Your policy takes action 0 everywhere: is it made before the values are known, or never filled in?",
            ),
            Misconception(
                "worst_policy",
                _with_policy(lambda mdp, r, V, Q: -Q),
                "Your policy takes the action with the *smallest* Q: argmin where argmax is asked.",
            ),
            Misconception(
                "all_actions",
                lambda mdp, r, tol: (_optimal(mdp, r)[0], _uniform(mdp)),
                "Your policy is uniform: it gives every action the same probability. Put a 1 at the action with the "
                "largest Q in each state.",
            ),
            Misconception(
                "soft_policy",
                lambda mdp, r, tol: (_optimal(mdp, r)[0], _softmax(_optimal(mdp, r)[1])),
                "Your policy is a softmax: worse actions keep some probability. Put all of it on the best action.",
            ),
            Misconception(
                "q_for_policy",
                lambda mdp, r, tol: _optimal(mdp, r)[:2],
                "You return Q in place of the policy. `pi[s, a]` is 1 where Q is largest in row s, and 0 elsewhere.",
            ),
            Misconception(
                "every_best_action",
                lambda mdp, r, tol: (_optimal(mdp, r)[0], _ties(_optimal(mdp, r)[1])),
                "Where several actions are equally good, each of them got a 1. Choose one of them, `argmax` does, or "
                "share the 1 out.",
            ),
            Misconception(
                "action_numbers",
                lambda mdp, r, tol: (_optimal(mdp, r)[0], _optimal(mdp, r)[1].argmax(axis=1)),
                "Your policy is the *number* of the best action in each state. `np.eye(mdp.n_actions)[numbers]` makes "
                "rows with a single 1 of them.",
            ),
            Misconception(
                "q_for_values",
                lambda mdp, r, tol: _optimal(mdp, r)[1:],
                "Your V has a number for each action: that is the shape of Q. V is the largest number in each row.",
            ),
            Misconception(
                "swapped",
                lambda mdp, r, tol: _optimal(mdp, r)[::-2],
                "The two results have each other's shape. First V, one number per state, and then pi.",
            ),
            Misconception(
                "lesson_grid",
                lambda mdp, r, tol: (np.zeros(21), np.zeros((21, 4))),
                "Your results have 21 states, like the lesson's grid. The world is the argument `mdp`; a check brings "
                "others.",
            ),
        ),
        hints=(
            "You have `bellman_backup`. What turns its $Q$, one number per action, into the next $V$?",
            "Loop: `Q = bellman_backup(mdp, reward, V)`, `new_V = Q.max(axis=1)`. Stop when "
            "`np.abs(new_V - V).max() < tol`, else go on with `V = new_V`.",
            "After the loop, `np.eye(mdp.n_actions)[Q.argmax(axis=1)]` turns the best action of every state into a "
            "row with a single 1: that is `pi`.",
        ),
    ),
    Exercise(
        name="policy_evaluation",
        title="What a policy is worth, by one linear solve",
        reference=planning.policy_evaluation,
        form=Array("V", "n_states"),
        problems=_policy_problems,
        parts=(Part("V", 2, _evaluated),),
        errors={
            "LinAlgError": "These equations have no unique solution. Is γ in the matrix, and do the rows "
            "of P_π sum to 1?"
        },
        misconceptions=(
            Misconception(
                "as_if_sure",
                lambda mdp, r, pi: planning.policy_evaluation(mdp, r, _average_policy(pi)),
                "You follow only the most likely action. The policy is a mixture: average over actions with the "
                "weights `pi[s, a]`.",
            ),
            Misconception(
                "ignores_policy",
                lambda mdp, r, pi: planning.policy_evaluation(mdp, r, _uniform(mdp)),
                "You average over the actions with equal weights. The weights are the policy's: `pi[s, a]`.",
            ),
            Misconception(
                "optimal_instead",
                lambda mdp, r, pi: planning.policy_iteration(mdp, r)[0],
                "You found the value of the best policy. The question is what *this* policy is worth.",
            ),
            Misconception(
                "transposed",
                lambda mdp, r, pi: _solve(_discounted(mdp, pi).T, _paid(r, pi)),
                "The matrix is transposed. Row s of P_π says where you go *from* s, and V looks forward from s.",
            ),
            Misconception(
                "plus",
                lambda mdp, r, pi: _solve(_discounted(mdp, pi, +1.0), _paid(r, pi)),
                "Check the sign: V = r + γ P V, and what stands on the right moves to the left with a minus.",
            ),
            Misconception(
                "reward_mean",
                lambda mdp, r, pi: _solve(_discounted(mdp, pi), r.mean(axis=1)),
                "The rewards are averaged with equal weights. The policy decides how often each is paid.",
            ),
            Misconception(
                "reward_max",
                lambda mdp, r, pi: _solve(_discounted(mdp, pi), r.max(axis=1)),
                "You pay the best reward in every state. This policy does not always choose that action.",
            ),
            Misconception(
                "reward_sum",
                lambda mdp, r, pi: _solve(_discounted(mdp, pi), r.sum(axis=1)),
                "You add the rewards of all actions. In a state the policy takes one of them: weight by `pi[s, a]`.",
            ),
            Misconception(
                "uniform_dynamics",
                lambda mdp, r, pi: _solve(_discounted(mdp, _uniform(mdp)), _paid(r, pi)),
                "The rewards follow the policy but the transitions do not: P_π, too, weights each action's row of P "
                "by `pi[s, a]`.",
            ),
            Misconception(
                "one_step",
                lambda mdp, r, pi: _paid(r, pi) + mdp.gamma * mdp.policy_matrix(pi) @ _paid(r, pi),
                "You look one step ahead. The value looks ahead for ever: V stands on both sides of the equation.",
            ),
            Misconception(
                "only_reward",
                lambda mdp, r, pi: _paid(r, pi),
                "That is the reward of the first step alone. V also holds everything that follows.",
            ),
            Misconception(
                "no_discount_reward",
                lambda mdp, r, pi: mdp.gamma * _solve(_discounted(mdp, pi), _paid(r, pi)),
                "Everything is multiplied by γ once too often: the first reward comes at once.",
            ),
            Misconception(
                "averaged",
                lambda mdp, r, pi: (1 - mdp.gamma) * _solve(_discounted(mdp, pi), _paid(r, pi)),
                "Your values are multiplied by 1 − γ. A value is a discounted sum here, not an average.",
            ),
            Misconception(
                "undiscounted",
                lambda mdp, r, pi: _solve(
                    np.eye(mdp.n_states) - mdp.policy_matrix(pi), _paid(r, pi)
                ),
                "γ is missing from the matrix: without it, I − P_π has no inverse (its rows sum to 0).",
            ),
            Misconception(
                "ones_for_unit",
                lambda mdp, r, pi: _solve(1 - mdp.gamma * mdp.policy_matrix(pi), _paid(r, pi)),
                _ONES,
            ),
            Misconception(
                "no_unit",
                lambda mdp, r, pi: _solve(mdp.gamma * mdp.policy_matrix(pi), _paid(r, pi)),
                "The V on the left of the equation is missing from your matrix. V − γ P_π V = (I − γ P_π) V.",
            ),
            Misconception(
                "state_reward",
                lambda mdp, r, pi: planning.policy_evaluation(mdp, _of_action_0(r), pi),
                _STATE_REWARD,
            ),
            Misconception(
                "without_noise",
                lambda mdp, r, pi: planning.policy_evaluation(_without_noise(mdp), r, pi),
                _WITHOUT_NOISE,
            ),
            Misconception(
                "multiplied", lambda mdp, r, pi: _discounted(mdp, pi) @ _paid(r, pi), _MULTIPLIED
            ),
            Misconception(
                "stays",
                lambda mdp, r, pi: _paid(r, pi) / (1 - mdp.gamma),
                "Your value is that of staying in one state for ever. The agent moves on: P_π says where to.",
            ),
            Misconception(
                "per_action",
                lambda mdp, r, pi: planning.bellman_backup(
                    mdp, r, planning.policy_evaluation(mdp, r, pi)
                ),
                "You return a number for each action. V has one per state: average over the actions with the weights "
                "`pi[s, a]`, the reward before you solve, or Q after it.",
            ),
            Misconception(
                "improved",
                lambda mdp, r, pi: planning.bellman_backup(
                    mdp, r, planning.policy_evaluation(mdp, r, pi)
                ).max(1),
                "You take the best action first, and follow the policy after that. Follow it from the start: no max.",
            ),
            Misconception(
                "added_actions",
                lambda mdp, r, pi: planning.bellman_backup(
                    mdp, r, planning.policy_evaluation(mdp, r, pi)
                ).sum(1),
                "You add Q up over the actions. Weight it by `pi[s, a]`: one action is taken, not all of them.",
            ),
            Misconception(
                "from_start",
                lambda mdp, r, pi: planning.expected_return(mdp, r, pi),
                "You return a single number. V has one for each state: what it is worth to start there.",
            ),
            Misconception(
                "start_weights",
                lambda mdp, r, pi: mdp.initial_dist * planning.policy_evaluation(mdp, r, pi),
                "Each value is multiplied by the chance of starting there. V asks what if the agent *is* there: "
                "`mdp.initial_dist` plays no part.",
            ),
            Misconception(
                "matrix",
                lambda mdp, r, pi: mdp.policy_matrix(pi),
                "You return a whole matrix. Solving gives one number per state: `np.linalg.solve(A, b)`; with an inverse "
                "it is `@`, not `*`.",
            ),
            Misconception(
                "fixed_discount",
                lambda mdp, r, pi: planning.policy_evaluation(mdp.replace(gamma=0.95), r, pi),
                "You use γ = 0.95 in every world. Each world brings its own: `mdp.gamma`.",
            ),
            Misconception(
                "transitions_of_action_0",
                lambda mdp, r, pi: _solve(
                    np.eye(mdp.n_states) - mdp.gamma * mdp.P[:, 0], _paid(r, pi)
                ),
                "Your transitions are those of action 0. P_π averages over the actions with the weights `pi[s, a]`.",
            ),
            Misconception(
                "mean_of_weighted",
                lambda mdp, r, pi: _solve(_discounted(mdp, pi), (pi * r).mean(axis=1)),
                "The rewards are divided by the number of actions. The probabilities `pi[s, a]` are the weights, and sum "
                "to 1 already: `sum`, not `mean`.",
            ),
            Misconception(
                "negative",
                lambda mdp, r, pi: -planning.policy_evaluation(mdp, r, pi),
                "Every value has the wrong sign. V − γ P_π V = r_π: which part is subtracted from which?",
            ),
            Misconception(
                "discount_on_unit",
                lambda mdp, r, pi: _solve(
                    mdp.gamma * np.eye(mdp.n_states) - mdp.policy_matrix(pi), _paid(r, pi)
                ),
                "γ stands at the unit matrix. It belongs to P_π: what comes a step later is discounted.",
            ),
            Misconception(
                "misses_first",
                lambda mdp, r, pi: planning.policy_evaluation(mdp, r, pi) - _paid(r, pi),
                "The reward of the first step is missing: V = *r_π* + γ P_π V.",
            ),
        ),
        hints=(
            "Fix the policy, and the MDP becomes a chain: one reward $r_\\pi(s)$ and one row of next-state "
            "probabilities $P_\\pi(s, \\cdot)$ for each state. Both are averages over actions with the weights $\\pi(a|s)$.",
            '$V = r_\\pi + \\gamma P_\\pi V$ is linear in $V$: bring $V$ to one side. `np.einsum("sa,sat->st", pi, mdp.P)` '
            "is $P_\\pi$.",
            "`np.linalg.solve(np.eye(mdp.n_states) - mdp.gamma * P_pi, (pi * reward).sum(axis=1))`",
        ),
    ),
    Exercise(
        name="occupancy",
        title="Where a policy spends its time",
        reference=planning.occupancy,
        form=Array("occupancy", "n_states, n_actions"),
        problems=_occupancy_problems,
        parts=(Part("expected discounted visits", 2, _visits),),
        errors={
            "LinAlgError": "These equations have no unique solution. Is γ in the matrix, and do the rows "
            "of P_π sum to 1?"
        },
        misconceptions=(
            Misconception(
                "normalised",
                lambda mdp, pi: (1 - mdp.gamma) * planning.occupancy(mdp, pi),
                "Your visits sum to 1. In this course occupancy is not normalised: it sums to 1 / (1 − γ), so that "
                "its product with the reward is the return.",
            ),
            Misconception(
                "backward",
                lambda mdp, pi: _solve(_discounted(mdp, pi), mdp.initial_dist)[:, None] * pi,
                "You solve with P_π; visits flow *into* a state, so here the matrix is transposed.",
            ),
            Misconception(
                "states_only",
                lambda mdp, pi: np.repeat(
                    planning.occupancy(mdp, pi).sum(1)[:, None], mdp.n_actions, 1
                ),
                "Every action carries the whole visits of its state. Split them: the policy takes action a with "
                "probability `pi[s, a]`.",
            ),
            Misconception(
                "equal_split",
                lambda mdp, pi: np.repeat(
                    planning.occupancy(mdp, pi).sum(1)[:, None] / mdp.n_actions, mdp.n_actions, 1
                ),
                "The visits of a state are split equally over the actions. Split them as the policy does.",
            ),
            Misconception(
                "uniform_start",
                lambda mdp, pi: _from_start(mdp, pi, np.full(mdp.n_states, 1 / mdp.n_states)),
                "You start in all states equally often. The start distribution is `mdp.initial_dist`.",
            ),
            Misconception(
                "starts_at_zero",
                lambda mdp, pi: _from_start(mdp, pi, np.eye(mdp.n_states)[0]),
                "You always start in state 0. The start distribution is `mdp.initial_dist`.",
            ),
            Misconception(
                "misses_start",
                lambda mdp, pi: planning.occupancy(mdp, pi) - mdp.initial_dist[:, None] * pi,
                "The visit at time 0 is missing: the agent is in its start state before it ever moves.",
            ),
            Misconception(
                "late",
                lambda mdp, pi: mdp.gamma * planning.occupancy(mdp, pi),
                "All visits are discounted once too often: the first one, at t = 0, counts in full.",
            ),
            Misconception(
                "first_step",
                lambda mdp, pi: mdp.initial_dist[:, None] * pi,
                "That is where the agent is at time 0. Add where it is at times 1, 2, …, discounted.",
            ),
            Misconception(
                "ignores_policy",
                lambda mdp, pi: planning.occupancy(mdp, _uniform(mdp)),
                "You walk with equal action probabilities. Both the walk and the split use `pi`.",
            ),
            Misconception(
                "flow_ignores_policy",
                lambda mdp, pi: planning.occupancy(mdp, _uniform(mdp)).sum(1)[:, None] * pi,
                "The split over actions follows `pi`, but the walk does not: weight the transitions by `pi`, too.",
            ),
            Misconception(
                "as_if_sure",
                lambda mdp, pi: planning.occupancy(mdp, _average_policy(pi)),
                "You follow only the most likely action. Weight each action by `pi[s, a]`.",
            ),
            Misconception(
                "plus",
                lambda mdp, pi: (
                    _solve(_discounted(mdp, pi, +1.0).T, mdp.initial_dist)[:, None] * pi
                ),
                "Check the sign: ρ = start + γ P_πᵀ ρ, and what moves to the left gets a minus.",
            ),
            Misconception(
                "starts_everywhere",
                lambda mdp, pi: _solve(_discounted(mdp, pi).T, np.ones(mdp.n_states))[:, None] * pi,
                "A whole agent starts in every state. One starts, and `mdp.initial_dist` says with which probability where.",
            ),
            Misconception(
                "likeliest_start",
                lambda mdp, pi: _from_start(
                    mdp, pi, np.eye(mdp.n_states)[mdp.initial_dist.argmax()]
                ),
                "You always start in the most likely state. The start is spread: use all of `mdp.initial_dist`.",
            ),
            Misconception(
                "after_first_step",
                lambda mdp, pi: _from_start(mdp, pi, mdp.initial_dist @ mdp.policy_matrix(pi)),
                "You begin to count after the first move. The visit to the start state is the first one.",
            ),
            Misconception(
                "of_states",
                lambda mdp, pi: planning.occupancy(mdp, pi).sum(axis=1),
                "You return one number per state. Split each over the actions: the policy takes a with probability "
                "`pi[s, a]`.",
            ),
            Misconception(
                "ones_for_unit",
                lambda mdp, pi: (
                    _solve(1 - mdp.gamma * mdp.policy_matrix(pi).T, mdp.initial_dist)[:, None] * pi
                ),
                _ONES,
            ),
            Misconception(
                "multiplied",
                lambda mdp, pi: (_discounted(mdp, pi).T @ mdp.initial_dist)[:, None] * pi,
                _MULTIPLIED,
            ),
            Misconception(
                "one_step",
                lambda mdp, pi: (
                    (mdp.initial_dist + mdp.gamma * mdp.initial_dist @ mdp.policy_matrix(pi))[
                        :, None
                    ]
                    * pi
                ),
                "You count the start and one step. The agent walks for ever: ρ stands on both sides of the equation.",
            ),  # fmt: skip
            Misconception(
                "policy_twice",
                lambda mdp, pi: planning.occupancy(mdp, pi) * pi,
                "The visits of a state are multiplied by `pi[s, a]` twice. Once splits them over the actions.",
            ),
            Misconception(
                "rows_sum_to_one",
                lambda mdp, pi: pi,
                "You return the policy itself: were the rows made to sum to 1? A state that is visited often has a large "
                "row.",
            ),
            Misconception(
                "without_noise",
                lambda mdp, pi: planning.occupancy(_without_noise(mdp), pi),
                _WITHOUT_NOISE,
            ),
            Misconception(
                "fixed_discount",
                lambda mdp, pi: planning.occupancy(mdp.replace(gamma=0.95), pi),
                "You use γ = 0.95 in every world. Each world brings its own: `mdp.gamma`.",
            ),
            Misconception(
                "sure_split",
                lambda mdp, pi: (
                    planning.occupancy(mdp, pi).sum(axis=1)[:, None] * _average_policy(pi)
                ),
                "All visits of a state go to its most likely action. Split them as the policy does, by `pi[s, a]`.",
            ),
            Misconception(
                "mean_visits",
                lambda mdp, pi: planning.occupancy(mdp, pi) / mdp.n_states,
                "Your visits are divided by the number of states: a `mean` in place of a `sum`?",
            ),
        ),
        hints=(
            "Follow a crowd of agents. The crowd in state $s$ is those that start there, plus $\\gamma$ times those that "
            "arrive from everywhere else.",
            "For the crowd per state, $\\rho = p(s_1) + \\gamma P_\\pi^\\top \\rho$: the transpose, because row $s$ of "
            "$P_\\pi$ says where the crowd *goes*, and you ask where it *comes from*.",
            "`rho = np.linalg.solve(np.eye(mdp.n_states) - mdp.gamma * P_pi.T, mdp.initial_dist)`, and then "
            "`rho[:, None] * pi` splits each state's crowd over its actions.",
        ),
    ),
    Exercise(
        name="expected_return",
        title="One number for a policy",
        reference=planning.expected_return,
        form=Number("the expected return"),
        problems=_policy_problems,
        parts=(Part("the expected return", 1, _returned),),
        misconceptions=(
            Misconception(
                "uniform_start",
                lambda mdp, r, pi: planning.policy_evaluation(mdp, r, pi).mean(),
                "You average V over all states equally. Weight it by how often the agent starts there: "
                "`mdp.initial_dist`.",
            ),
            Misconception(
                "first_state",
                lambda mdp, r, pi: planning.policy_evaluation(mdp, r, pi)[0],
                "That is the value of state 0. The agent may start elsewhere: weight V by `mdp.initial_dist`.",
            ),
            Misconception(
                "likeliest_start",
                lambda mdp, r, pi: planning.policy_evaluation(mdp, r, pi)[
                    mdp.initial_dist.argmax()
                ],
                "That is the value of the most likely start. Weight every state's V by `mdp.initial_dist`.",
            ),
            Misconception(
                "best_state",
                lambda mdp, r, pi: planning.policy_evaluation(mdp, r, pi).max(),
                "That is the value of the best state to start in. The agent starts where `mdp.initial_dist` puts it.",
            ),
            Misconception(
                "summed",
                lambda mdp, r, pi: planning.policy_evaluation(mdp, r, pi).sum(),
                "You add V over all states, as if the agent started in each of them at once.",
            ),
            Misconception(
                "averaged",
                lambda mdp, r, pi: (1 - mdp.gamma) * planning.expected_return(mdp, r, pi),
                "Your number is multiplied by 1 − γ: that is a reward per step. The return is the sum.",
            ),
            Misconception(
                "ignores_policy",
                lambda mdp, r, pi: planning.expected_return(mdp, r, _uniform(mdp)),
                "Your number is that of the uniform policy: is `pi` used?",
            ),
            Misconception(
                "optimal_instead",
                lambda mdp, r, pi: mdp.initial_dist @ planning.policy_iteration(mdp, r)[0],
                "That is what the *best* policy earns. The question is about `pi`.",
            ),
            Misconception(
                "as_if_sure",
                lambda mdp, r, pi: planning.expected_return(mdp, r, _average_policy(pi)),
                "You follow only the most likely action of `pi`. Weight each action by its probability.",
            ),
            Misconception(
                "first_step",
                lambda mdp, r, pi: mdp.initial_dist @ _paid(r, pi),
                "That is the expected reward of the first step. The return also counts all later ones.",
            ),
            Misconception(
                "policy_counted_twice",
                lambda mdp, r, pi: (planning.occupancy(mdp, pi) * pi * r).sum(),
                "The policy's probabilities come in twice: occupancy already counts how often each action is taken.",
            ),
            Misconception(
                "one_late",
                lambda mdp, r, pi: mdp.gamma * planning.expected_return(mdp, r, pi),
                "Everything is discounted once too often: the first reward comes at t = 0.",
            ),
            Misconception(
                "last_state",
                lambda mdp, r, pi: planning.policy_evaluation(mdp, r, pi)[-1],
                "That is the value of the last state. The agent may start elsewhere: weight V by `mdp.initial_dist`.",
            ),
            Misconception(
                "per_state",
                lambda mdp, r, pi: planning.policy_evaluation(mdp, r, pi),
                "You return one number per state. Weight each state's value by `mdp.initial_dist`, and add up: "
                "`@` does both.",
            ),
            Misconception(
                "mean_of_weighted",
                lambda mdp, r, pi: (
                    mdp.initial_dist * planning.policy_evaluation(mdp, r, pi)
                ).mean(),
                "You divide by the number of states. The start probabilities are the weights, and sum to 1 already: "
                "add up, no mean.",
            ),
            Misconception(
                "mean_of_visits",
                lambda mdp, r, pi: (planning.occupancy(mdp, pi) * r).mean(),
                "You take the mean of visits times reward. Every visit is paid: add up.",
            ),
            Misconception(
                "future_twice",
                lambda mdp, r, pi: (
                    planning.occupancy(mdp, pi).sum(axis=1) @ planning.policy_evaluation(mdp, r, pi)
                ),
                "The future counts twice: visits already hold all later steps, and so do V and Q. Pair values with the "
                "*start*, or visits with the *reward*.",
            ),
            Misconception(
                "reward_mean",
                lambda mdp, r, pi: planning.occupancy(mdp, pi).sum(axis=1) @ r.mean(axis=1),
                "Every visit pays the mean reward of its state. What it pays depends on the action: use the visits of "
                "state *and* action.",
            ),
            Misconception(
                "every_action_paid",
                lambda mdp, r, pi: planning.occupancy(mdp, pi).sum(axis=1) @ r.sum(axis=1),
                "Every visit pays the rewards of all actions. One action is taken: use the visits of state *and* action.",
            ),
            Misconception(
                "misses_first",
                lambda mdp, r, pi: (
                    planning.expected_return(mdp, r, pi) - mdp.initial_dist @ _paid(r, pi)
                ),
                "The reward of the first step is missing. The action in the start state is paid, too.",
            ),
            Misconception(
                "improved",
                lambda mdp, r, pi: (
                    mdp.initial_dist
                    @ planning.bellman_backup(mdp, r, planning.policy_evaluation(mdp, r, pi)).max(
                        axis=1
                    )
                ),
                "You take the best action first, and follow the policy after that. Follow it from the start: no max.",
            ),
            Misconception(
                "backward",
                lambda mdp, r, pi: _solve(_discounted(mdp, pi), mdp.initial_dist) @ _paid(r, pi),
                "Your visits are solved for with P_π. They flow *into* a state, so that the matrix is transposed.",
            ),
            Misconception(
                "without_noise",
                lambda mdp, r, pi: planning.expected_return(_without_noise(mdp), r, pi),
                _WITHOUT_NOISE,
            ),
            Misconception(
                "whole_number",
                lambda mdp, r, pi: int(planning.expected_return(mdp, r, pi)),
                "Your result is cut to a whole number. Return it as it is.",
            ),
            Misconception(
                "rounded",
                lambda mdp, r, pi: round(planning.expected_return(mdp, r, pi), 2),
                "Your result is rounded to two digits. Round where you print, not where you compute.",
            ),
        ),
        hints=(
            "You have two ways: values, weighted by where the agent starts; or visits, weighted by what they pay.",
            "`mdp.initial_dist` has one probability per state, `policy_evaluation(mdp, reward, pi)` one value per state.",
            "`mdp.initial_dist @ policy_evaluation(mdp, reward, pi)`, or `(occupancy(mdp, pi) * reward).sum()`: the "
            "same number.",
        ),
    ),
]


QUIZZES = [
    Quiz(
        "noise-and-walls",
        "With slip 0.3 the best policy leaves a row free beside the pit, and takes two steps more. Why?",
        (
            Option(
                "Two more steps cost less than the risk of slipping into the pit",
                "The step cost is small and sure, the pit is large and happens now and then; the expectation "
                "weighs one against the other.",
                right=True,
            ),
            Option(
                "The pit's reward is discounted",
                "It is, but so are the steps. Without slip the agent walks right past the same pit with the same "
                "discount.",
            ),
            Option(
                "The policy is random, so it wanders",
                "The policy is sure of every action. The world is what is random.",
            ),
        ),
    ),
    Quiz(
        "occupancy-and-value",
        "V adds up discounted rewards, occupancy discounted visits. Which one changes when the agent starts elsewhere?",
        (
            Option(
                "V",
                "V already answers for every start at once, one entry each. A new start picks another entry.",
            ),
            Option(
                "Occupancy",
                "It follows the crowd from where the crowd starts. V is asked per state and does not know the start.",
                right=True,
            ),
            Option(
                "Both", "V has one entry for every state you could start in: it stays as it is."
            ),
            Option(
                "Neither",
                "Start the crowd in another corner and it passes other cells: occupancy changes.",
            ),
        ),
    ),
    Quiz(
        "discount-one",
        "With γ = 1 and a reward of 1 in a goal that is never left, what is V(goal)?",
        (
            Option("1", "The goal is never left: it pays 1 again in every step."),
            Option(
                "1 / (1 − γ) = 100",
                "That is γ = 0.99. At γ = 1 there is nothing left to divide by.",
            ),
            Option(
                "It grows without bound",
                "Every sweep adds 1, the change never falls below tol and the loop never ends.",
                right=True,
            ),
        ),
    ),
]
