"""Tools of those who work on the program; nothing in `src` needs them."""
