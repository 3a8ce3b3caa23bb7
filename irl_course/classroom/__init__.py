"""The classroom: what a teacher needs to grade what learners handed in, and to trust it.

Learner code runs in a process of its own, locked down before the code reaches it. The process
that draws the problems and judges the answers reads data from it, and nothing else.
"""
