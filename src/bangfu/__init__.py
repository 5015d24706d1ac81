"""帮扶 Bangfu: the software with which a county runs its targeted poverty-alleviation work."""

__version__ = "0.4.0"
