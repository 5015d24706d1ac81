"""The wire between a phone and the site: a door of its own that passes everything on, until it is told to fail.

wire.url             where the phone finds the site (localhost, so that the origin is secure)
wire.cut_after(n)    lets n more bytes of requests through, then cuts every connection, the one in use first
wire.deafen()        the next request reaches the site; its answer never comes back, and nobody answers any more
wire.down(), up()    nobody answers at all, as while a server restarts; and again as before
"""

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

PIECE = 16 * 1024


@dataclass
class Wire:
    site: str
    budget: int | None = None
    deaf: bool = False
    alive: bool = True
    passed: int = 0
    open: set[socket.socket] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        parts = urlsplit(self.site)
        self.target = (parts.hostname or "localhost", parts.port or 80)
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]
        self.url = f"http://localhost:{self.port}"
        threading.Thread(target=self._welcome, daemon=True).start()

    def cut_after(self, size: int) -> None:
        with self.lock:
            self.budget = size

    def deafen(self) -> None:
        with self.lock:
            self.deaf = True

    def down(self) -> None:
        self.alive = False
        self._cut()

    def up(self) -> None:
        with self.lock:
            self.alive, self.budget, self.deaf = True, None, False

    def close(self) -> None:
        self.down()
        self.door.close()

    def _cut(self) -> None:
        for each in list(self.open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _welcome(self) -> None:
        while True:
            try:
                phone, _ = self.door.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(phone,), daemon=True).start()

    def _join(self, phone: socket.socket) -> None:
        with phone:
            if not self.alive:
                return
            try:
                site = socket.create_connection(self.target, timeout=30)
            except OSError:
                return
            with site:
                self.open |= {phone, site}
                back = threading.Thread(target=self._back, args=(site, phone), daemon=True)
                back.start()
                with suppress(OSError):
                    while piece := phone.recv(PIECE):
                        if not self._may_pass(piece):
                            break
                        site.sendall(piece)
                for each in (phone, site):
                    with suppress(OSError):
                        each.shutdown(socket.SHUT_RDWR)
                back.join(5)
                self.open -= {phone, site}

    def _back(self, site: socket.socket, phone: socket.socket) -> None:
        with suppress(OSError):
            while piece := site.recv(PIECE):
                if self._is_swallowed():
                    self._cut()
                    break
                phone.sendall(piece)
        with suppress(OSError):
            phone.shutdown(socket.SHUT_RDWR)

    def _is_swallowed(self) -> bool:
        """Whether this answer is the one that gets lost. Then the wire is down: who asks again at once, as a phone does
        by itself, hears nothing either."""
        with self.lock:
            lost = self.deaf
            if lost:
                self.deaf = self.alive = False
            return lost

    def _may_pass(self, piece: bytes) -> bool:
        with self.lock:
            self.passed += len(piece)
            if self.budget is None:
                return self.alive
            self.budget -= len(piece)
            if self.budget >= 0:
                return self.alive
            self.budget, self.alive = None, False
        self._cut()
        return False
