"""`bangfu serve`: makes the home ready and serves its pages, with the worker for long tasks beside it."""

import os
from pathlib import Path
from typing import Any

import click

from bangfu.commands._house import house_command


def _by_https(_context: Any, _parameter: Any, folder: Path | None) -> Path | None:
    """Before the settings load: cookies go by https only, and the site answers to the names of its certificate."""
    if folder is None:
        return None
    os.environ["BANGFU_HTTPS"] = "1"
    if not os.environ.get("BANGFU_HOSTS"):
        os.environ["BANGFU_HOSTS"] = ",".join(dict.fromkeys([*_names(folder), "localhost", "127.0.0.1"]))
    return folder


def _names(folder: Path) -> list[str]:
    from cryptography import x509

    try:
        certificate = x509.load_pem_x509_certificate((folder / "server.crt").read_bytes())
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound) as error:
        raise click.BadParameter(f"{folder / 'server.crt'}: {error}") from error
    addresses = (f"[{each}]" if each.version == 6 else str(each) for each in names.get_values_for_type(x509.IPAddress))
    return [*names.get_values_for_type(x509.DNSName), *addresses]


@click.command(help="启动网站：先把数据目录准备好（建库、升级），再提供网页，并带上后台任务进程。")
@click.option("--host", default="127.0.0.1", show_default=True, help="监听地址；要让别的电脑访问，用 0.0.0.0。")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="端口。")
@click.option(
    "--cert",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    callback=_by_https,
    help="用 https 提供网页：bangfu cert 生成的文件夹（手机离线、定位要用 https）。",
)
@house_command
def command(host: str, port: int, cert: Path | None) -> None:
    from bangfu.commands._serving import serve
    from bangfu.keeping.preparing import prepare

    prepare()
    serve(host, port, certificates=cert)
