"""Tests of the program's own shape: what a reviewer would otherwise have to remember. Each can fail, and shows it."""
