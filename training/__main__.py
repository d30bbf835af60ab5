"""`python -m training MODEL --data DIR`: one recipe, from a data set to a served model."""

import sys
from importlib import import_module


def main() -> None:
    """Run the command; Ctrl-C ends it with code 130, also in the seconds that torch takes to load."""
    try:
        import_module("training.command").app()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted before anything was done\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
