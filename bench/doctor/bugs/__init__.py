"""Real bugs, rebuilt: one file for each thing that goes wrong."""
