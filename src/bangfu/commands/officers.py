"""`bangfu officers …`: what must be possible on the server when nobody can sign in any more."""

from typing import Any

import click

from bangfu.commands._house import house_command


@click.group(help="人员：无人能登录时，在服务器上建立首批管理员、重设密码。")
@click.help_option("-h", "--help", help="显示这份说明。")
def command() -> None:
    pass


@command.command("first", help="为一个区划建立系统、安全、审计三位管理员，初始密码只显示这一次。")
@click.argument("code", metavar="区划代码")
@house_command
def first(code: str) -> dict[str, Any]:
    from django.utils.translation import gettext as _

    from bangfu.accounts import errors, services
    from bangfu.areas.models import Area

    area = Area.objects.current().filter(code=code).first()
    if area is None:
        raise errors.NoSuchArea(code=code)
    made = services.first_administrators(area)
    lines = [f"{new.officer.name}\t{new.officer.username}\t{new.password}" for new in made]
    return {
        "officers": [{"username": new.officer.username, "password": new.password} for new in made],
        "text": "\n".join([_("姓名、登录名、初始密码（只显示这一次，首次登录须修改）："), *lines]),
    }


@command.command("reset-password", help="重设一个人的密码并解除锁定，新的初始密码只显示这一次。")
@click.argument("username", metavar="登录名")
@house_command
def reset_password(username: str) -> dict[str, Any]:
    from django.utils.translation import gettext as _

    from bangfu.accounts import errors, services
    from bangfu.accounts.models import Officer

    officer = Officer.objects.filter(username=username).first()
    if officer is None:
        raise errors.NoSuchOfficer(username=username)
    new = services.reset_password(by=None, officer=officer)
    services.unlock(by=None, officer=officer)
    say = _("{name} 的新初始密码：{password}（只显示这一次，首次登录须修改）")
    return {
        "username": username,
        "password": new.password,
        "text": say.format(name=officer.name, password=new.password),
    }
