"""`bangfu cert`: a certificate of one's own, so that phones may work off-line; and how to make them trust it."""

import os
from pathlib import Path
from typing import Any

import click

from bangfu.commands._house import house_command


@click.command(help="生成本地证书，用 https 提供网站：手机离线走访和定位要用。再次运行只换网站证书，手机不必重装。")
@click.option("--host", "hosts", multiple=True, help="手机上输入的域名或 IP，可写多个；默认取 BANGFU_HOSTS。")
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="放证书的文件夹，默认是数据目录下的 tls。",
)
@house_command
def command(hosts: tuple[str, ...], folder: Path | None) -> dict[str, Any]:
    from django.conf import settings

    from bangfu.keeping import certificates

    hosts = hosts or tuple(filter(None, os.environ.get("BANGFU_HOSTS", "").split(",")))
    if not hosts:
        raise click.UsageError("请用 --host 写明手机上输入的域名或 IP，例如 --host 10.1.2.3。")
    made = certificates.make(folder or Path(settings.HOME) / "tls", hosts)
    return {
        "folder": str(made.folder),
        "hosts": list(made.hosts),
        "fingerprint": made.fingerprint,
        "good_until": made.good_until.date().isoformat(),
        "new_authority": made.made,
        "text": _told(made),
    }


def _told(made: Any) -> str:
    """What was made, how phones come to trust it, how it is used."""
    from django.utils.translation import gettext as _

    facts = {
        "folder": made.folder,
        "hosts": ", ".join(made.hosts),
        "day": made.good_until.date().isoformat(),
        "fingerprint": made.fingerprint,
    }
    use = _("启动：bangfu serve --host 0.0.0.0 --port 443 --cert {folder}")
    if not made.made:
        told = [
            _("网站证书已更新，{day} 前有效，适用于：{hosts}。重新启动网站后生效。"),
            _("根证书没有变，已经装过的手机不用重装。"),
        ]
    else:
        told = [
            _("证书已生成在 {folder}，{day} 前有效（到期前再运行一次即可），适用于：{hosts}。"),
            _("其中 ca.key 和 server.key 不能外传；ca.crt 是公开的，要发到并装在每部手机上。"),
            _("安卓、鸿蒙手机：在“设置”中搜索“CA 证书”（安全 > 加密与凭据 > 安装证书），选择 ca.crt 安装。"),
            _("苹果手机：打开 ca.crt，在“设置”中安装描述文件，再到“通用 > 关于本机 > 证书信任设置”中打开开关。"),
            _("Windows 电脑：双击 ca.crt，安装到“受信任的根证书颁发机构”。"),
            _("安装时请核对指纹（SHA-256）：{fingerprint}"),
            _("这个根证书只能证明上述域名和内网地址，不能用来冒充别的网站。"),
        ]
    return "\n".join(line.format(**facts) for line in [*told, use])
