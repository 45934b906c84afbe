"""Tasks: one question, one file. Each holds its losses, its predictions and its metrics."""
