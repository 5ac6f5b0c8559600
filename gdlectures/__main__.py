"""``python -m gdlectures`` is the `gdlectures` command."""

import sys

from gdlectures.cli import main

sys.exit(main())
