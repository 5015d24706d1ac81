"""The endpoint that the settings name, if they name one."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from bangfu.plans.reading.endpoint import Endpoint, configured


def endpoint() -> Endpoint | None:
    """None when it is off. Raises ImproperlyConfigured when the address is no web address."""
    given: dict[str, Any] = settings.READER_ENDPOINT
    try:
        return configured(**given)
    except ValueError as error:
        raise ImproperlyConfigured(f"BANGFU_READER_URL: {error}") from error
