"""`field__prefix="张"`: starts-with that uses an index on both databases.

Django's own `startswith` on SQLite is LIKE with ESCAPE, which never uses an index; GLOB does.
"""

from typing import Any

from django.db.models import CharField, Lookup


@CharField.register_lookup
class Prefix(Lookup):
    lookup_name = "prefix"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        column, parameters = self.process_lhs(compiler, connection)
        if connection.vendor == "sqlite":
            text = "".join(f"[{c}]" if c in "*?[" else c for c in str(self.rhs))
            return f"{column} GLOB %s", [*parameters, f"{text}*"]
        text = "".join(f"\\{c}" if c in "%_\\" else c for c in str(self.rhs))
        return f"{column} LIKE %s", [*parameters, f"{text}%"]
