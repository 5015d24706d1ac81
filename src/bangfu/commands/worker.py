"""`bangfu worker`: does the tasks that pages have put aside (imports, reports). `bangfu serve` starts one by itself."""

import click

from bangfu.commands._house import house_command


@click.command(help="处理后台任务（导入等）。bangfu serve 会自带一个；任务多时可以另外再开几个。")
@click.option("--batch", is_flag=True, help="做完现有的任务就结束。")
@click.option("--with-server", is_flag=True, hidden=True)
@house_command
def command(batch: bool, with_server: bool) -> None:
    from django.utils.crypto import get_random_string
    from django_tasks_db.management.commands.db_worker import Worker

    from bangfu.casework import services as casework
    from bangfu.findings import running
    from bangfu.plans import services as plans
    from bangfu.registry.intake import batches
    from bangfu.visits import services as visits

    if with_server:
        _end_with_the_server()
    batches.recover()  # what a crash left in the middle says so from now on
    running.recover()
    casework.recover()  # goes on where it stopped
    plans.recover_documents()
    visits.recover()
    worker = Worker(
        queue_names=["default"],
        interval=1,
        batch=batch,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id=get_random_string(32),
        excluded_queue_names=[],
    )
    worker.configure_signals()
    worker.run()


def _end_with_the_server() -> None:
    """The server holds the other end of our standard input: when that closes, the server is gone."""
    import logging
    import os
    import sys
    import threading

    # That the server ends us is no news; what a task fails of is.
    logging.getLogger("django_tasks_db").setLevel(logging.ERROR)
    pipe = sys.stdin.fileno()

    def wait_for_its_end() -> None:
        while os.read(pipe, 1):
            pass
        # At once, even in the middle of a task: each is one transaction, and is then undone whole.
        os._exit(0)

    threading.Thread(target=wait_for_its_end, daemon=True).start()
