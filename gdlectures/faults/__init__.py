"""What goes wrong, told in one line, and how far a film is, told while it is drawn."""
