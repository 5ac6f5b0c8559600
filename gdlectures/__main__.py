"""``python -m gdlectures`` is the `gdlectures` command."""

import gc
import signal
import sys


def main() -> int:
    """Run the command; Ctrl-C ends it without a word until it listens itself."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from gdlectures.command import cli

    code = cli.main()
    gc.freeze()  # what is left ends with the process
    return code


if __name__ == "__main__":
    # the folder it is run in stands first on the path, and a manim.py there is nothing of ours
    if not sys.flags.safe_path:
        del sys.path[0]
    sys.exit(main())
