"""``python -m gdlectures`` is the `gdlectures` command."""

import sys

from gdlectures.command.cli import main

sys.exit(main())
