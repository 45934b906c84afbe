"""Cures, one a file: NAME, CURES (its rank among the cures of each sign that it cures), and `repair`."""
