"""`python -m delivery COMMAND`."""

from delivery.commands import app

app(prog_name="delivery")
