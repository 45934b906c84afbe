"""Signs in the course of a training: losses, gradients, updates and activations, step by step."""
