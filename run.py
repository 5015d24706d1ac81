# -*- coding: utf-8 -*-
"""帮扶 Bangfu, started with nothing but Python:

    python3 run.py                    prepares everything and serves the sample county at http://127.0.0.1:8000
    python3 run.py test [WORDS]       all tests (WORDS go to pytest)
    python3 run.py COMMAND [WORDS]    any other command, e.g. `python3 run.py check`

    --offline DIR    installs from a folder of wheels, without a network        --port N    serves at another port

What is needed goes into `.venv` beside this file, with the exact versions and hashes of the lock files, and nowhere
else. This file is kept so plain that even a Python far too old can read it, and say so.
"""

from __future__ import print_function

import os
import sys

ROOT = os.path.dirname(os.path.abspath(__file__))
ENV = os.path.join(ROOT, ".venv")
DONE = os.path.join(ENV, "bangfu-installed.json")  # which locks this .venv holds, and for which Python
UNFINISHED = os.path.join(ENV, "bangfu-unfinished")  # stands while .venv is being made: a power cut leaves it behind
LOG = os.path.join(ROOT, ".venv-install.log")
LOCKS = {"run": "requirements.lock", "test": "requirements-dev.lock"}  # the second holds all of the first


class Refused(Exception):
    """A sentence in Chinese and in English for whoever started us."""

    def __init__(self, zh, en):
        Exception.__init__(self, zh + "\n" + en)


def main(words):
    if sys.version_info < (3, 11):
        found = "%d.%d" % sys.version_info[:2]
        raise Refused(
            "需要 Python 3.11 或更新的版本，现在是 %s：请安装后用新的 Python 再运行一次。" % found,
            "Python 3.11 or newer is needed, this is %s: install it and run this again with it." % found,
        )
    words, offline = taken(words, "--offline")
    words, port = taken(words, "--port") if not words or words[0].startswith("--port") else (words, None)
    testing = words[:1] == ["test"]
    if not words:
        port = free_port(port or "8000")
        words = ["demo", "--port", port]
    install("test" if testing else "run", offline)
    environment = dict(os.environ, PYTHONPATH=os.path.join(ROOT, "src"), PYTHONUTF8="1")
    if testing:
        return run_tests(words[1:], environment)
    return handed_over(["-m", "bangfu"] + words, environment)


def taken(words, option):
    """The words without `option VALUE` (or `option=VALUE`), and the value or None."""
    for i, word in enumerate(words):
        if word == option and i + 1 < len(words):
            return words[:i] + words[i + 2 :], words[i + 1]
        if word.startswith(option + "="):
            return words[:i] + words[i + 1 :], word[len(option) + 1 :]
        if word == option:
            raise Refused("%s 后面缺少内容。" % option, "%s needs a value." % option)
    return words, None


def free_port(port):
    """The port, when nobody listens on it: asked before anything is installed, so that nobody waits in vain."""
    import socket

    if not port.isdigit() or not 0 < int(port) < 65536:
        raise Refused("端口“%s”不是 1 到 65535 的数字。" % port, "%s is no port (1 to 65535)." % port)
    with socket.socket() as probe:
        if os.name != "nt":  # elsewhere this option would let two servers share a port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(port)))
            return port
        except OSError:
            pass
    raise Refused(
        "端口 %s 已被占用：请先关闭占用它的程序，或换一个端口，如 python3 run.py --port 8010。" % port,
        "Port %s is in use: close the program that uses it, or take another: python3 run.py --port 8010." % port,
    )


# ------------------------------------------------------------------------------------------------ the .venv


def python_inside():
    return os.path.join(ENV, "Scripts", "python.exe") if os.name == "nt" else os.path.join(ENV, "bin", "python")


def install(which, offline=None):
    """Make `.venv` hold the lock of `which`. Nothing is done when it does; what was left half-made is made anew."""
    import json

    wanted = dict((name, fingerprint(lock)) for name, lock in LOCKS.items() if name in ("run", which))
    wanted["python"] = "%d.%d" % sys.version_info[:2]
    if fits(wanted):
        return
    if offline is not None:
        offline = os.path.abspath(offline)
        if not os.path.isdir(offline):
            raise Refused("找不到离线安装文件夹 %s。" % offline, "There is no folder %s to install from." % offline)
    must_have("venv", "ensurepip")
    with alone():
        if fits(wanted):  # the one we waited for has done it
            return
        print("正在准备运行环境（约一分钟）…  Installing what is needed (about a minute) …", flush=True)
        if not repairable(wanted["python"]):
            make_env()
        open(UNFINISHED, "w").close()
        if os.path.exists(DONE):
            os.remove(DONE)
        pip_install(LOCKS[which], offline)
        with open(DONE, "w") as file:
            json.dump(wanted, file)
        os.remove(UNFINISHED)


def fingerprint(name):
    import hashlib

    with open(os.path.join(ROOT, name), "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def installed():
    """What the finished .venv holds; nothing when it is unfinished, broken or not ours."""
    import json

    try:
        with open(DONE) as file:
            return json.load(file) if os.path.exists(python_inside()) and not os.path.exists(UNFINISHED) else {}
    except (OSError, ValueError):
        return {}


def fits(wanted):
    held = installed()
    return all(held.get(name) == value for name, value in wanted.items())


def repairable(version):
    """Whether packages may be added to the .venv that stands there: only to a whole one of the same Python."""
    import subprocess

    if os.path.exists(UNFINISHED):
        return False
    try:
        asked = "import pip, sys; print('%d.%d' % sys.version_info[:2])"
        said = subprocess.check_output([python_inside(), "-c", asked], stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return False
    return said.decode().strip() == version


def make_env():
    import shutil
    import subprocess
    import venv

    if os.path.islink(ENV) or os.path.isfile(ENV):
        os.remove(ENV)
    shutil.rmtree(ENV, ignore_errors=True)
    os.mkdir(ENV)
    open(UNFINISHED, "w").close()
    try:
        venv.create(ENV, with_pip=True, symlinks=os.name != "nt")
        return
    except subprocess.CalledProcessError as error:
        reason = (error.output or b"").decode("utf-8", "replace").strip().split("\n")[-1] or error
    raise Refused(
        "无法建立 .venv（%s）：请安装完整的 Python（Debian/Ubuntu：apt install python3-venv）后重试。" % reason,
        "Could not make .venv (%s): install a complete Python (Debian/Ubuntu: apt install python3-venv)." % reason,
    )


def must_have(*modules):
    from importlib.util import find_spec

    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise Refused(
            "这个 Python 缺少 %s 模块：请先安装（Debian/Ubuntu：apt install python3-venv），再运行一次。" % missing[0],
            "This Python lacks the module %s: install it (Debian/Ubuntu: apt install python3-venv) and try again."
            % missing[0],
        )


# Only the tests want it (screening by Spark), and it is published as source alone; nothing in it is compiled.
SOURCE_ONLY = ("pyspark",)


def pip_install(lock, offline):
    """`pip install`, each package by its hash. What pip says goes to a log; a sentence says what to do about it."""
    import subprocess

    words = [python_inside(), "-m", "pip", "install", "--require-hashes", "--no-deps", "--only-binary", ":all:"]
    for package in SOURCE_ONLY:
        words += ["--no-binary", package]
    environment = dict(os.environ, PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_NO_INPUT="1", PYTHONUTF8="1")
    if offline is not None:
        # Only that folder: a mirror or folder named in this machine's pip settings would hide what it lacks.
        environment = dict((k, v) for k, v in environment.items() if not k.startswith("PIP_"))
        environment.update(PIP_CONFIG_FILE=os.devnull, PIP_DISABLE_PIP_VERSION_CHECK="1")
        words += ["--no-index", "--find-links", offline]
    with open(LOG, "wb") as log:
        status = subprocess.call(words + ["-r", os.path.join(ROOT, lock)], stdout=log, stderr=log, env=environment)
    if status == 0:
        os.remove(LOG)
        return
    with open(LOG, "rb") as log:
        raise why_pip_failed(log.read().decode("utf-8", "replace"), offline)


def why_pip_failed(said, offline):
    import re

    lacking = re.search(r"No matching distribution found for ([^\s(]+)", said)
    if lacking and offline is not None:
        return Refused(
            "文件夹 %s 里没有适合本机的 %s：请补齐后重试。" % (offline, lacking.group(1)),
            "The folder %s lacks a wheel of %s for this machine: add it and try again." % (offline, lacking.group(1)),
        )
    if "DO NOT MATCH THE HASHES" in said:
        return Refused(
            "下载到的组件与锁定文件的校验值不符，没有安装：请换一个软件源重试（详见 %s）。" % LOG,
            "A package does not match the hash of the lock file and was not installed: use another index (see %s)."
            % LOG,
        )
    if "No space left" in said:
        return Refused("磁盘空间不足，组件没有装完：请清理后重试。", "The disk is full: make room and try again.")
    if lacking and "(from versions: none)" not in said:  # an index out of reach looks as if it had none
        return Refused(
            "软件源里没有适合本机的 %s：请换一个软件源或 Python 版本重试（详见 %s）。" % (lacking.group(1), LOG),
            "The package index has no %s for this machine: use another index or Python (see %s)."
            % (lacking.group(1), LOG),
        )
    return Refused(
        "组件下载失败：请检查网络后重试，也可用国内镜像（环境变量 PIP_INDEX_URL）或 --offline 文件夹（详见 %s）。"
        % LOG,
        "The download failed: check the network and try again, or use a mirror (PIP_INDEX_URL) or --offline (see %s)."
        % LOG,
    )


class alone(object):
    """Two that start together must not both build .venv: the second waits for the first."""

    def __enter__(self):
        self.file = open(os.path.join(ROOT, ".venv.lock"), "a+")
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(self.file.fileno(), msvcrt.LK_LOCK, 1)
        else:
            import fcntl

            fcntl.flock(self.file, fcntl.LOCK_EX)

    def __exit__(self, *_):
        self.file.close()  # which lets go of the lock, as would the end of this process


# ------------------------------------------------------------------------------------------------ what then runs


def run_tests(words, environment):
    """pytest, spread over the processors, with data of its own that goes when the tests end."""
    import shutil
    import tempfile

    home = tempfile.mkdtemp(prefix="bangfu-test-")
    environment.setdefault("BANGFU_TEST_HOME", home)
    environment["BANGFU_HOME"] = environment["BANGFU_TEST_HOME"]
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # tests start hundreds of programs: compiled once, not each time
    one_by_one = any(word.startswith(("-n", "--pdb", "-s", "--co", "-h", "--help", "--version")) for word in words)
    if not one_by_one:
        # One more than processors: nearly half of their time tests wait, for a browser, a database or a program.
        many = str(min((os.cpu_count() or 1) + 1, 8))
        words = ["-n", many, "--dist", "loadfile", "--no-loadscope-reorder"] + words
    try:
        return child(["-m", "pytest"] + words, environment)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def handed_over(words, environment):
    sys.stdout.flush()
    if os.name == "nt":
        return child(words, environment)
    os.chdir(ROOT)
    return os.execve(python_inside(), [python_inside()] + words, environment)


def child(words, environment):
    """Run and wait; Ctrl-C reaches the child as well, which then ends in its own way."""
    import subprocess

    running = subprocess.Popen([python_inside()] + words, cwd=ROOT, env=environment)
    while True:
        try:
            return running.wait()
        except KeyboardInterrupt:
            continue


def readable_refusal(error):
    if isinstance(error, Refused):
        return str(error)
    import errno

    where = getattr(error, "filename", None) or ROOT
    if getattr(error, "errno", None) == errno.ENOSPC:
        return "磁盘空间不足：请清理后重试。\nThe disk is full: make room and try again."
    zh = "无法写入 %s（%s）：请把程序放到可写的文件夹里再运行。"
    en = "Cannot write to %s (%s): put the program into a folder that can be written to."
    return "\n".join(text % (where, error.strerror) for text in (zh, en))


def say(text):
    if (sys.stderr.encoding or "").lower() in ("ascii", "ansi_x3.4-1968", "us-ascii", "646") and sys.version_info > (
        3,
    ):
        sys.stderr.buffer.write((text + "\n").encode("utf-8"))  # an old Python without a locale: terminals read UTF-8
    else:
        sys.stderr.write(text + "\n")


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a console of another code page shows "?" instead of failing
            stream.reconfigure(errors="replace")
    try:
        sys.exit(main(sys.argv[1:]))
    except (Refused, EnvironmentError) as refusal:
        say(readable_refusal(refusal))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
