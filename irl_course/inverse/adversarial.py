"""Inverse reinforcement learning as a game: a discriminator tells the expert from a policy.

The logit of D is how much more likely, in nats, what is seen comes from the expert; the policy is
the generator, and is paid for looking like the expert. What the logit is made of decides what one
gets (Finn, Christiano, Abbeel & Levine 2016; Ho & Ermon 2016; Fu, Luo & Levine 2018):

    GAIL      any function of (s, a)                        a policy, and no reward to keep
    GAN-GCL   return - log Z - log q(trajectory)            maximum entropy's gradient
    AIRL      g(s) + gamma E[h(s')] - h(s) - log pi(a|s)    a reward g, apart from shaping h

Worlds are small and known here, and nothing is sampled: expert and policy are occupancies, with
gamma < 1, and soft values are at temperature 1. Probabilities are never divided: D comes from
logits, which may be of any size.
"""

from collections.abc import Callable, Iterator

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, log_expit, softmax

from irl_course.inverse.feature_matching import _finite
from irl_course.mdp import MDP, _count, _entry, _real, as_policy, as_reward
from irl_course.planning import (
    _require_discount,
    bellman_backup,
    occupancy,
    policy_evaluation,
    soft_value_iteration,
)

__all__ = [
    "airl",
    "airl_logit",
    "airl_reward",
    "airl_rounds",
    "discriminator",
    "discriminator_log_Z",
    "discriminator_loss",
    "gail",
    "gail_reward",
    "gail_rounds",
    "gan_gcl_gradient",
    "newton_step",
    "optimal_discriminator",
]

# Two players who both answer in full overshoot each other; half of the discriminator's answer
# converges. No whole answer moves a logit by more than two nats: so far its quadratic model is
# trusted.
_HALF, _FARTHEST = 0.5, 2.0
# The planner's error in nats.
_PLAN_TOL = 1e-12
# Curvature counts as no smaller than this share of the mass at a pair, where D is all but certain.
_CERTAIN = 1e-12
# Pairs with less curvature than this are left out.
_FLAT = 1e-300
_TINY = np.finfo(np.float64).tiny
# Shares may miss 1 by this much.
_ROUNDING = 1e-6


def discriminator(logit_reward: np.ndarray, log_pi: np.ndarray) -> np.ndarray:
    """Probability that the expert did it, D = exp(f) / (exp(f) + pi).

    The form of Finn, Christiano, Abbeel & Levine (2016, section 3): the generator's density is
    known, and only the rest has to be learnt. Computed as 1 / (1 + exp(log pi - f)).

    Args:
        logit_reward: f, any shape: `airl_logit`, or a trajectory's return - log Z.
        log_pi: log-probability under the generator, of the same shape; may be -inf.

    Returns:
        D, of the same shape, in [0, 1]; 1/2 where f = log pi.

    Raises:
        ValueError: shapes that differ, a NaN, or f and log pi infinite alike.
    """
    return expit(_logit(logit_reward, log_pi))


def discriminator_loss(
    logit_expert: np.ndarray,
    logit_policy: np.ndarray,
    expert_weights: np.ndarray | None = None,
    policy_weights: np.ndarray | None = None,
) -> float:
    """The logistic loss, mean over the expert of -log D, plus mean over the policy of -log(1 - D).

    (Goodfellow et al. 2014, equation 1, as a loss.)

    Args:
        logit_expert: logits of D at what the expert did, any shape.
        logit_policy: logits of D at what the policy did, any shape.
        expert_weights: how often each, such as an occupancy, of logit_expert's shape, for a
            weighted mean; by default all the same.
        policy_weights: the same for logit_policy.

    Returns:
        The loss, at least 0; 2 log 2 for logits of 0. At best it is 2 log 2 - 2 JS, with JS the
        Jensen-Shannon divergence of the two distributions.
    """
    expert, policy = _no_nan("logit_expert", logit_expert), _no_nan("logit_policy", logit_policy)
    on_expert = _mean("expert_weights", -log_expit(expert), expert_weights)
    return on_expert + _mean("policy_weights", -log_expit(-policy), policy_weights)


def optimal_discriminator(expert_occupancy: np.ndarray, policy_occupancy: np.ndarray) -> np.ndarray:
    """The D that no other beats, D = rho_E / (rho_E + rho_pi) (Goodfellow et al. 2014, prop. 1).

    Args:
        expert_occupancy: the expert's visits, shape (S, A), or any shape.
        policy_occupancy: the policy's, of the same shape.

    Returns:
        D, of that shape, with each occupancy taken as shares of its own sum. Its logit is
        log rho_E - log rho_pi; where neither goes, 1/2.
    """
    expert, policy = _share("expert_occupancy", expert_occupancy), policy_occupancy
    policy = _share("policy_occupancy", policy)
    if expert.shape != policy.shape:
        raise ValueError(
            f"policy_occupancy has shape {policy.shape}, but expert_occupancy {expert.shape}"
        )
    total = expert + policy
    return np.divide(expert, total, out=np.full(total.shape, 0.5), where=total > 0)


def gail_reward(logit: np.ndarray, sign: str = "positive") -> np.ndarray:
    """What the policy is paid for a pair that the discriminator takes for the expert's.

    All three rise with D. But where episodes can end, one that is never negative pays for going on
    and one that is never positive for stopping, whatever the expert does (Kostrikov et al. 2019).

    Args:
        logit: of D, any shape.
        sign: "positive" for -log(1 - D), whose maximisation minimises the Jensen-Shannon
            divergence; "negative" for log D; "either" for the logit itself, log D - log(1 - D).

    Returns:
        The reward, of the logit's shape; finite for every finite logit.
    """
    logit = _no_nan("logit", logit)
    if sign == "positive":
        return -log_expit(-logit)
    if sign == "negative":
        return log_expit(logit)
    if sign == "either":
        return logit
    raise ValueError(f"sign is {sign!r}, expected 'positive', 'negative' or 'either'")


def airl_reward(f: np.ndarray, log_pi: np.ndarray) -> np.ndarray:
    """What AIRL's policy is paid, log D - log(1 - D) = f - log pi (Fu, Luo & Levine 2018).

    Its expected sum is that of f plus the policy's entropy: maximum entropy planning for f.

    Args:
        f: `airl_logit`, shape (S, A), or any shape.
        log_pi: log-probability of the action, of the same shape; may be -inf.

    Returns:
        The reward, and the logit of D, of the same shape.
    """
    return _logit(f, log_pi)


def _logit(f, log_pi):
    """f - log pi, if that makes sense."""
    f, log_pi = _no_nan("f", f), _no_nan("log_pi", log_pi)
    if f.shape != log_pi.shape:
        raise ValueError(f"log_pi has shape {log_pi.shape}, but f has {f.shape}")
    bad = np.argwhere(np.isinf(f) & (f == log_pi))
    if len(bad):
        where = ", ".join(map(str, bad[0]))
        raise ValueError(f"f[{where}] and log_pi[{where}] are both {f[tuple(bad[0])]}")
    return f - log_pi


def airl_logit(g: np.ndarray, h: np.ndarray, gamma: float, mdp: MDP) -> np.ndarray:
    """AIRL's f(s, a) = g(s) + gamma * E[h(s') | s, a] - h(s): a reward and its shaping.

    The form of Fu, Luo & Levine (2018), in expectation over s'. Where the policy is the expert's,
    the best f is log pi(a|s), the advantage Q - V of a soft planner: g is then its reward and h
    its V, but for constants.

    Args:
        g: reward, shape (S,) for the state-only form or (S, A).
        h: shaping potential, shape (S,).
        gamma: discount factor.
        mdp: dynamics.

    Returns:
        f, shape (S, A); the same for g + (1 - gamma) c and h + c.
    """
    h, _ = _real("h", h)
    if h.shape != (mdp.n_states,):
        raise ValueError(f"h has shape {h.shape}, expected ({mdp.n_states},)")
    return as_reward(mdp, g) + gamma * mdp.expect(h) - h[:, None]


def gan_gcl_gradient(
    features: np.ndarray,
    log_model: np.ndarray,
    log_generator: np.ndarray,
    expert_share: np.ndarray,
    generator_share: np.ndarray,
    log_expert: np.ndarray | None = None,
) -> np.ndarray:
    """GAN-GCL's step for the reward weights: the discriminator's, and maximum entropy's.

    With D = p_psi / (p_psi + q), p_psi = exp(psi . f) / Z, the gradient of minus the
    discriminator's loss is

        E_E[f] - E_mix[w f],   w = p_psi / (p_psi / 2 + q / 2),   mix = half E, half generator,

    maximum entropy's with its second expectation importance-sampled from demonstrations and
    generator together (Finn, Christiano, Abbeel & Levine 2016, section 3). The weights take p_psi
    for the demonstrations' density. Where q = p_psi the gradient is exactly half of
    `maxent_gradient`, since half of the mixture is not the model's; with another generator its
    direction may differ as well. Given the density that the demonstrations do have, it is
    `maxent_gradient` for any generator that reaches everything.

    Args:
        features: of N trajectories, all there are or all that were drawn, shape (N, K).
        log_model: return - log Z of each, shape (N,).
        log_generator: log q of each, shape (N,). What all densities share, such as the dynamics'
            part, may be left out everywhere.
        expert_share: how much of the demonstrations each is, shape (N,); sums to 1.
        generator_share: how much of the generator's draws each is, shape (N,); sums to 1.
        log_expert: density of the demonstrations, shape (N,); by default log_model.

    Returns:
        Direction of ascent, shape (K,).
    """
    features, _ = _real("features", features)
    if features.ndim != 2:
        raise ValueError(f"features has shape {features.shape}, expected (N, K)")
    log_model = _per_trajectory("log_model", log_model, len(features))
    log_generator = _per_trajectory("log_generator", log_generator, len(features))
    expert = _per_trajectory("expert_share", expert_share, len(features), share=True)
    generator = _per_trajectory("generator_share", generator_share, len(features), share=True)
    other = log_model if log_expert is None else log_expert
    other = _per_trajectory("log_expert", other, len(features))
    log_mix = np.logaddexp(other, log_generator) - np.log(2.0)
    mix, seen = (expert + generator) / 2, expert + generator > 0
    weighted = mix[seen] * np.exp(log_model[seen] - log_mix[seen])
    return expert @ features - weighted @ features[seen]


def discriminator_log_Z(
    returns: np.ndarray,
    log_generator: np.ndarray,
    expert_share: np.ndarray,
    generator_share: np.ndarray,
) -> float:
    """The log Z that the discriminator settles on, if Z is learnt like everything else.

    The minimum of the loss over log Z in the logit return - log Z - log q. There the weights w of
    `gan_gcl_gradient` average to 1: Z is its own importance-sampled estimate (Finn, Christiano,
    Abbeel & Levine 2016, section 3). It is the true Z if the demonstrations, or the generator,
    are distributed as p_psi.

    Args:
        returns: psi . f of N trajectories, shape (N,).
        log_generator: log q of each, shape (N,), without what the world contributes to both.
        expert_share: how much of the demonstrations each is, shape (N,); sums to 1.
        generator_share: how much of the generator's draws each is, shape (N,); sums to 1.

    Returns:
        log Z.
    """
    returns, _ = _real("returns", returns)
    N = returns.size
    returns = _per_trajectory("returns", returns, N)
    ratio = returns - _per_trajectory("log_generator", log_generator, N)
    mass = _per_trajectory("expert_share", expert_share, N, share=True)
    mass = mass + _per_trajectory("generator_share", generator_share, N, share=True)
    low, high = ratio[mass > 0].min(), ratio[mass > 0].max()

    def surplus(log_Z):
        return mass @ expit(ratio - log_Z) - 1.0

    if low == high or surplus(low) <= 0.0 or surplus(high) >= 0.0:  # all but rounding: one ratio
        return float(low + high) / 2
    return float(brentq(surplus, low, high, xtol=1e-14, rtol=1e-14))


def airl(
    mdp: MDP,
    expert_occupancy: np.ndarray,
    state_only: bool = True,
    n_steps: int = 80,
    start: tuple[np.ndarray, np.ndarray] | None = None,
    progress: Callable | None = None,
    l2: float = 0.0,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Adversarial inverse reinforcement learning, exactly (Fu, Luo & Levine 2018, algorithm 1).

    The rounds are those of `airl_rounds`. Interrupting the kernel ends them early, without losing
    what was learnt; `start=(g, h)` goes on from there.

    Args:
        mdp: dynamics, start distribution and discount, gamma < 1.
        expert_occupancy: the expert's discounted visits, shape (S, A), in any unit.
        state_only: learn g(s), or g(s, a), which fits as well and means less.
        n_steps: number of rounds.
        start: g and h to begin with; by default 0.
        progress: wraps the range of the rounds, such as `tqdm.auto.tqdm`.
        l2: penalty on g, see `airl_rounds`; needed where the occupancy was counted.

    Returns:
        g, shape (S,) or (S, A): the reward, of median 0, and 0 where nobody can come. h, shape
        (S,): the shaping. pi, shape (S, A): the soft planner's for g, rows sum to 1.
    """
    rounds = airl_rounds(mdp, expert_occupancy, state_only, start, l2)
    return _last(rounds, n_steps, progress)


def airl_rounds(
    mdp: MDP,
    expert_occupancy: np.ndarray,
    state_only: bool = True,
    start: tuple[np.ndarray, np.ndarray] | None = None,
    l2: float = 0.0,
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """The rounds behind `airl`, to watch one by one or to stop at will.

    Each yields, and is then followed by half a Newton step of the discriminator on its loss, over g
    and h together, and by the generator's answer, soft planning for f. Of the many g(s, a) that
    fit as well, it comes to the one that the shortest steps from the start lead to. A step takes a
    least-squares problem of S * A rows: for worlds of up to some hundred states.

    Args:
        mdp: dynamics, start distribution and discount, gamma < 1.
        expert_occupancy: the expert's discounted visits, shape (S, A), in any unit.
        state_only: learn g(s), or g(s, a).
        start: g and h to begin with; by default 0.
        l2: the loss has the penalty l2 / 2 * sum g^2 added. Counted demonstrations ask for logits
            without end at pairs that were hardly seen, and a small penalty tames g. h is left
            alone: it holds values, which are large; a penalty makes g take them over.

    Yields:
        g, h and pi as `airl` returns them, without end; with g = 0 and h = 0 at first.
    """
    _require_discount(mdp)
    if not 0.0 <= l2 < np.inf:
        raise ValueError(f"l2 is {l2}, expected 0 or more")
    expert = _expert_share(mdp, expert_occupancy)
    g, h = _airl_start(mdp, state_only, start)
    V = None
    while True:
        f = airl_logit(g, h, mdp.gamma, mdp)
        tol = _PLAN_TOL * max(1.0, np.abs(f).max()) / (1.0 - mdp.gamma)
        V, _, pi = soft_value_iteration(mdp, f, tol=tol, V0=V)
        policy = (1.0 - mdp.gamma) * occupancy(mdp, pi)
        mass = expert + policy
        yield *_centred(g, h, mdp.gamma, mass.sum(axis=1) > 0), pi
        # log pi = f + gamma E[V] - V of the soft planner, so f - log pi needs no logarithm.
        D = expit(V[:, None] - mdp.gamma * mdp.expect(V))
        slope = expert * (1.0 - D) - policy * D
        curvature = mass * np.maximum(D * (1.0 - D), _CERTAIN)
        step_g, step_h = newton_step(mdp, slope, curvature, state_only, l2, g)
        g, h = g + _HALF * step_g, h + _HALF * step_h


def newton_step(
    mdp: MDP,
    slope: np.ndarray,
    curvature: np.ndarray,
    state_only: bool = True,
    l2: float = 0.0,
    g: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Steps for AIRL's g and h that take all of the loss's slope away at once.

    f is linear in both, so Newton's step is a least-squares problem with a row for each pair,
    weighted by the curvature. Where several steps do as well it is the shortest. It is right for
    the policy of the day, which answers: `airl` takes half of it.

    Args:
        mdp: dynamics and discount.
        slope: minus the loss's derivative by f(s, a), rho_E (1 - D) - rho_pi D, shape (S, A).
        curvature: its second derivative, (rho_E + rho_pi) D (1 - D), shape (S, A); pairs without
            any have no say.
        state_only: a step for g(s), or for g(s, a).
        l2: the loss has l2 / 2 * sum g^2 added.
        g: where g is now, which matters to l2 only; by default 0.

    Returns:
        The step of g, shape (S,) or (S, A), and of h, shape (S,). Shortened, if need be, so that
        no f with curvature moves by more than two nats.

    Raises:
        ValueError: a slope or a curvature of another shape.
    """
    S, A = mdp.n_states, mdp.n_actions
    for name, array in (("slope", slope), ("curvature", curvature)):
        if np.shape(array) != (S, A):
            raise ValueError(f"{name} has shape {np.shape(array)}, expected ({S}, {A})")
    own = np.repeat(np.eye(S), A, axis=0)
    P = mdp._rows.toarray() if mdp.is_sparse else mdp._rows
    design = np.hstack([own if state_only else np.eye(S * A), mdp.gamma * P - own])
    slope, curvature = np.ravel(slope), np.ravel(curvature)
    seen = curvature > _FLAT
    design, scale = design[seen], np.sqrt(curvature[seen])
    rows, wanted = scale[:, None] * design, slope[seen] / scale
    n_g = design.shape[1] - S
    if l2:
        rows = np.vstack([rows, np.sqrt(l2) * np.eye(n_g, n_g + S)])
        wanted = np.append(wanted, -np.sqrt(l2) * np.ravel(np.zeros(n_g) if g is None else g))
    step = np.linalg.lstsq(rows, wanted)[0]
    moved = np.abs(design @ step).max(initial=0.0)
    step *= min(1.0, _FARTHEST / moved if moved > 0 else 1.0)
    return step[:n_g] if state_only else step[:n_g].reshape(S, A), step[n_g:]


def gail(
    mdp: MDP,
    expert_occupancy: np.ndarray,
    n_steps: int = 200,
    step_size: float = 0.3,
    start: np.ndarray | None = None,
    progress: Callable | None = None,
) -> np.ndarray:
    """Generative adversarial imitation learning, exactly (Ho & Ermon 2016, algorithm 1).

    With the best discriminator every time it is occupancy matching: the policy whose occupancy has
    the least Jensen-Shannon divergence from the expert's, without a term for entropy. The
    discriminator ends at 1/2, and is no reward.

    Args:
        mdp: dynamics, start distribution and discount, gamma < 1.
        expert_occupancy: the expert's discounted visits, shape (S, A), in any unit; those counted
            in a few demonstrations need not be any policy's.
        n_steps: number of rounds.
        step_size: of the policy's steps, in nats of log pi a unit of advantage; from about 1 on
            the two can go round in circles.
        start: policy to begin with, shape (S, A); by default uniform.
        progress: wraps the range of the rounds, such as `tqdm.auto.tqdm`.

    Returns:
        pi, shape (S, A); rows sum to 1. Interrupting the kernel returns the latest.
    """
    return _last(gail_rounds(mdp, expert_occupancy, step_size, start), n_steps, progress)[1]


def gail_rounds(
    mdp: MDP,
    expert_occupancy: np.ndarray,
    step_size: float = 0.3,
    start: np.ndarray | None = None,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The rounds behind `gail`: the best discriminator, then a natural gradient step.

    The step is pi <- pi exp(step_size * advantage) / sum, with the advantage under the reward
    -log(1 - D): what a trust region around pi leads to when nothing is estimated (Kakade 2002).

    Args:
        mdp: dynamics, start distribution and discount, gamma < 1.
        expert_occupancy: the expert's discounted visits, shape (S, A), in any unit.
        step_size: in nats of log pi a unit of advantage.
        start: policy to begin with, shape (S, A); by default uniform.

    Yields:
        The discriminator's logit, shape (S, A), -inf where the expert never is; and the pi that it
        has judged, shape (S, A). Without end; at first pi is the start.
    """
    _require_discount(mdp)
    if not 0.0 < step_size < np.inf:
        raise ValueError(f"step_size is {step_size}, expected a positive number")
    expert = _expert_share(mdp, expert_occupancy)
    pi = as_policy(mdp, np.full(expert.shape, 1.0 / mdp.n_actions) if start is None else start)
    policy = occupancy(mdp, pi)
    log_pi = np.log(np.maximum(pi, _TINY))
    while True:
        policy = policy / policy.sum()
        with np.errstate(divide="ignore"):
            logit = np.log(expert) - np.log(np.maximum(policy, _TINY))
        logit[(expert == 0) & (policy == 0)] = 0.0
        yield logit, pi
        reward = gail_reward(logit)
        V = policy_evaluation(mdp, reward, pi)
        log_pi = log_pi + step_size * (bellman_backup(mdp, reward, V) - V[:, None])
        pi = softmax(log_pi, axis=1)
        policy = occupancy(mdp, pi)


def _last(rounds, n_steps, progress):
    """What n_steps rounds end with, or as many as there was patience for."""
    latest = next(rounds)
    steps = range(_count("n_steps", n_steps))
    try:
        for _ in steps if progress is None else progress(steps):
            latest = next(rounds)
    except KeyboardInterrupt:
        pass
    return latest


def _centred(g, h, gamma, seen):
    """The same f where anyone comes, with a g of median 0 there; elsewhere nothing is known."""
    constant = np.median(g[seen])
    mask = seen if g.ndim == 1 else seen[:, None]
    return np.where(mask, g - constant, 0.0), np.where(seen, h - constant / (1.0 - gamma), 0.0)


def _airl_start(mdp, state_only, start):
    S, A = mdp.n_states, mdp.n_actions
    shape = (S,) if state_only else (S, A)
    if start is None:
        return np.zeros(shape), np.zeros(S)
    g, h = (_real(name, array)[0] for name, array in zip("gh", start, strict=True))
    if g.shape != shape or h.shape != (S,):
        raise ValueError(f"start has shapes {g.shape} and {h.shape}, expected {shape} and ({S},)")
    _finite("g", g, "sa")
    _finite("h", h, "s")
    return g, h


def _expert_share(mdp, expert_occupancy):
    share = _share("expert_occupancy", expert_occupancy)
    if share.shape != (mdp.n_states, mdp.n_actions):
        raise ValueError(
            f"expert_occupancy has shape {share.shape}, expected ({mdp.n_states}, {mdp.n_actions})"
        )
    return share


def _share(name, visits):
    """Visits as shares of their sum."""
    visits, _ = _real(name, visits)
    bad = np.argwhere(~(np.isfinite(visits) & (visits >= 0)))
    if len(bad):
        value = visits[tuple(bad[0])]
        axes = "sa" if visits.ndim == 2 else [f"axis {i}" for i in range(visits.ndim)]
        raise ValueError(f"{_entry(name, bad[0], axes)} is {value}, expected 0 or more")
    if not visits.sum() > 0:
        raise ValueError(f"{name} has no visits at all: it sums to 0")
    return visits / visits.sum()


def _mean(name, values, weights):
    if weights is None:
        if not values.size:
            raise ValueError("a mean of no logits does not exist")
        return float(values.mean())
    weights = _share(name, weights)
    if weights.shape != values.shape:
        raise ValueError(f"{name} has shape {weights.shape}, but the logits {values.shape}")
    return float(weights[weights > 0] @ values[weights > 0])


def _per_trajectory(name, values, n_trajectories, share=False):
    """One number for each trajectory; if shares, ones that sum to 1."""
    values = _no_nan(name, values)
    if values.shape != (n_trajectories,):
        raise ValueError(f"{name} has shape {values.shape}, expected ({n_trajectories},)")
    if not share:
        return values
    if abs(values.sum() - 1.0) > _ROUNDING:
        raise ValueError(f"{name} sums to {values.sum():.10g}, not 1")
    return _share(name, values)


def _no_nan(name, values):
    values, _ = _real(name, values)
    bad = np.argwhere(np.isnan(values))
    if len(bad):
        raise ValueError(f"{name}[{', '.join(map(str, bad[0]))}] is nan")
    return values
