"""The one writer of the registry: plan, merge, derive, count and leave a trail, set-based, one row or a million."""
