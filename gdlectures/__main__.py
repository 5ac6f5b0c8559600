"""``python -m gdlectures`` is the `gdlectures` command."""

import sys

# the folder it is run in stands first on the path, and a manim.py there is nothing of ours
if not sys.flags.safe_path:
    del sys.path[0]

from gdlectures.command.cli import main

sys.exit(main())
