"""`python -m delivery.emulated FOLDER`: the process that `delivery.emulated.running` starts."""

from __future__ import annotations

import sys
from pathlib import Path

from delivery.emulated.server import serve

if __name__ == "__main__":
    try:
        serve(Path(sys.argv[1]))
    except Exception as error:
        # The last line of the log is what the command that started it tells its user.
        print(str(error) or repr(error))
        sys.exit(1)
