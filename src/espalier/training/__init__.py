"""The loops and what they are made of: optimizers, schedules, precision, checkpoints. Loops yield; callers decide."""
