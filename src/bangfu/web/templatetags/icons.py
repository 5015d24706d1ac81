"""`{% icon "outline/home" %}`: an icon as inline SVG. A page has dozens of the same few, so each is drawn once."""

from functools import lru_cache
from typing import Any

from django import template
from django.utils.safestring import SafeString
from tablericons.templatetags import tablericons

register = template.Library()


@register.simple_tag
def icon(name: str, **attributes: Any) -> SafeString:
    """The icon of that name (folder/name) with these attributes; a name that is unknown raises, as a typing error."""
    return _drawn(name, tuple(sorted(attributes.items())))


@lru_cache(maxsize=1024)
def _drawn(name: str, attributes: tuple[tuple[str, Any], ...]) -> SafeString:
    return SafeString(tablericons.icon(name, **dict(attributes)))
