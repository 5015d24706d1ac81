"""Made-up examples may take their time: a slow machine is no fault of the program."""

from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
