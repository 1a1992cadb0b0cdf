"""`python -m rehearsal`."""

from rehearsal.command import main

if __name__ == "__main__":
    main()
