"""The `gdlectures` command."""
