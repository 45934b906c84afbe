"""The page for people: one HTML file that tells a run from its data to its use. Start with `page.py`."""
