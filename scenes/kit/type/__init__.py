"""Type: words, formulas, running digits and code, and how every number is written."""
