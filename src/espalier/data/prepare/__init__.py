"""Preparation: columns become tensors. Each step is two types, and only the fitted one can be applied."""
