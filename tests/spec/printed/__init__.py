"""The Python classes of the specification as it prints them; only imports are changed, and the program's name."""
