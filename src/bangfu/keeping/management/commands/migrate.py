"""`migrate`, which founds an empty database at one go before it looks whether anything is left to do."""

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from bangfu.keeping.founding import found

# With any of these the ordinary way is meant: to look, to pretend, to go to a certain point.
ORDINARY = ("app_label", "plan", "check_unapplied", "fake", "fake_initial", "prune")


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        if not any(options.get(word) for word in ORDINARY):
            found(connections[options["database"]])
        super().handle(*args, **options)
