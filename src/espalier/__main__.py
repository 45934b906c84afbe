"""`python -m espalier`: the command line, where the console script is not on the path."""

from espalier.app.cli.main import run

if __name__ == "__main__":
    run()
