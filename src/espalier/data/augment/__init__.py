"""Augmentation: changes of training pictures that leave the answer as it is, on whole batches of tensors."""
