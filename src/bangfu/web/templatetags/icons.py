"""`{% icon "outline/home" %}`: an icon as inline SVG. A page has dozens of the same few, so each is drawn once."""

from functools import cache, lru_cache
from importlib.resources import files
from io import BytesIO
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

from django import template
from django.conf import settings
from django.utils.safestring import SafeString

register = template.Library()
SVG = "http://www.w3.org/2000/svg"


@register.simple_tag
def icon(name: str, **attributes: Any) -> SafeString:
    """The icon of that name (folder/name) with these attributes; a name that is unknown raises, as a typing error."""
    return _drawn(name, tuple(sorted(attributes.items())))


@lru_cache(maxsize=1024)
def _drawn(name: str, attributes: tuple[tuple[str, Any], ...]) -> SafeString:
    svg = ElementTree.fromstring(_archive().read(f"{name}.svg"))
    for node in svg.iter():
        node.tag = node.tag.removeprefix(f"{{{SVG}}}")  # inside a page no namespace is written
    size = str(settings.TABLERICONS_SIZE)
    svg.attrib.update({"width": size, "height": size})
    svg.attrib.update({key.replace("_", "-"): str(value) for key, value in attributes})
    return SafeString(ElementTree.tostring(svg, encoding="unicode"))


@cache
def _archive() -> ZipFile:
    """The six thousand icons as they are delivered, opened once: finding its way in takes longer than drawing."""
    return ZipFile(BytesIO(files("tablericons").joinpath("tablericons.zip").read_bytes()))
