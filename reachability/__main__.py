"""`python -m reachability`."""

from reachability.command import app

if __name__ == "__main__":
    app(prog_name="reach")
