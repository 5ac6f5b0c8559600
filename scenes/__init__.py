"""The lectures, one a file; `kit` is the vocabulary that their authors share. Imported as `gdscenes`."""
