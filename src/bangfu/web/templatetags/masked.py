"""Personal data in templates: `{% load masked %}`, then `{{ member.id_no|mask_id }}`. Unknown stays empty."""

from django import template

from bangfu.common import masking

register = template.Library()


@register.filter
def mask_id(number: str | None) -> str:
    return masking.mask_id(number or "")


@register.filter
def mask_phone(number: str | None) -> str:
    return masking.mask_phone(number or "")


@register.filter
def mask_account(number: str | None) -> str:
    return masking.mask_account(number or "")


@register.filter
def mask_name(name: str | None) -> str:
    return masking.mask_name(name or "")
