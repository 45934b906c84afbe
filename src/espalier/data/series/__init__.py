"""Data that runs in time: its order, its stamps, its seasons and its windows."""
