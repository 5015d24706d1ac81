"""Roles and the rights they carry, from `policy/china/roles.yaml`."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from django.conf import settings
from pydantic import model_validator

from bangfu.common.places import Level
from bangfu.common.policy import Label, Source, Strict, read_yaml


class Right(Strict):
    """Something that may be allowed: `registry.edit`, with the words in which a refusal names it."""

    id: str
    label: Label


class Role(Strict):
    """A kind of post. `levels` are the area levels at which it may be held; nobody may hold it together with a role
    of `apart_from` (three administrators kept apart). `unattended`: for a screen where nobody sits."""

    id: str
    label: Label
    levels: tuple[int, ...]
    rights: frozenset[str]
    apart_from: tuple[str, ...] = ()
    unattended: bool = False


class RoleFile(Strict):
    source: Source
    rights: tuple[Right, ...]
    roles: tuple[Role, ...]

    @model_validator(mode="after")
    def _roles_use_declared_rights_and_levels(self) -> "RoleFile":
        known = {right.id for right in self.rights}
        names = {role.id for role in self.roles}
        for role in self.roles:
            if unknown := role.rights - known:
                raise ValueError(f"role {role.id}: unknown rights {sorted(unknown)}")
            if strange := set(role.apart_from) - names:
                raise ValueError(f"role {role.id}: unknown roles {sorted(strange)}")
            if bad := set(role.levels) - {int(level) for level in Level}:
                raise ValueError(f"role {role.id}: unknown levels {sorted(bad)}")
        return self


@cache
def _file() -> RoleFile:
    return read_yaml(Path(settings.POLICY) / "china" / "roles.yaml", RoleFile)


@cache
def roles() -> Mapping[str, Role]:
    return {role.id: role for role in _file().roles}


@cache
def rights() -> Mapping[str, Right]:
    return {right.id: right for right in _file().rights}
