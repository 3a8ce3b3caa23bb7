"""What the benchmarks ask of `imitation`: they run it in its own environment."""

import numpy as np


def mce_irl(env, visits, step_size, tol):
    """Its maximum causal entropy IRL with a linear reward in float64, and that reward."""
    import torch
    from imitation.algorithms.mce_irl import MCEIRL
    from imitation.rewards.reward_nets import RewardNet
    from imitation.util import logger

    class Linear(RewardNet):
        def __init__(self):
            super().__init__(env.observation_space, env.action_space)
            n_features = env.observation_matrix.shape[1]
            self.psi = torch.nn.Parameter(torch.zeros(n_features, dtype=torch.float64))

        def forward(self, state, action, next_state, done):
            return state @ self.psi

    net = Linear()
    learner = MCEIRL(
        visits,
        env,
        net,
        optimizer_cls=torch.optim.Adam,
        optimizer_kwargs={"lr": step_size},
        linf_eps=0.0,
        grad_l2_eps=tol,
        log_interval=None,
        rng=np.random.default_rng(0),
        custom_logger=logger.configure(format_strs=()),
    )
    return learner, net
