"""What the signs say, in every language: `texts/<folder>/<name>.yaml` holds the texts of `checks/<folder>/<name>.py`.

English sentences stay in the check, where their numbers are measured; all other texts of a sign stand in its one file here.
`repairs.yaml` holds the names of repairs, which many signs share, and `phrases.yaml` the words around findings.
"""
