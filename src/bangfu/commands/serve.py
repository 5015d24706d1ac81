"""`bangfu serve`: makes the home ready and serves its pages, with the worker for long tasks beside it."""

import click

from bangfu.commands._house import house_command


@click.command(help="启动网站：先把数据目录准备好（建库、升级），再提供网页，并带上后台任务进程。")
@click.option("--host", default="127.0.0.1", show_default=True, help="监听地址；要让别的电脑访问，用 0.0.0.0。")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="端口。")
@house_command
def command(host: str, port: int) -> None:
    from bangfu.commands._serving import serve
    from bangfu.keeping.preparing import prepare

    prepare()
    serve(host, port)
