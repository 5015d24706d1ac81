"""The endpoint that the settings name, if they name one."""

from django.conf import settings

from bangfu.plans.reading.endpoint import Endpoint, configured


def endpoint() -> Endpoint | None:
    """None when it is off. Raises ImproperlyConfigured when the address is no web address."""
    from django.core.exceptions import ImproperlyConfigured

    try:
        return configured(**settings.READER_ENDPOINT)
    except ValueError as error:
        raise ImproperlyConfigured(f"BANGFU_READER_URL: {error}") from error
