"""What the servers of the tests have in common: threads, and an end that nothing outlives. (Opens a socket.)"""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class LoopbackServer(ThreadingHTTPServer):
    """Knows its open connections, so that closing it ends those that hang."""

    allow_reuse_address = True
    daemon_threads = False  # so that server_close() waits for them
    request_queue_size = 128

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        self.ended = threading.Event()
        self.errors: list[Exception] = []
        """What went wrong in the server itself, and not in its client."""
        self._connections: set[socket.socket] = set()
        self._connections_lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection."""
        with self._connections_lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget it."""
        with self._connections_lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep what is not the client's doing."""
        error = sys.exc_info()[1]
        if isinstance(error, Exception) and not isinstance(error, ConnectionError) and not self.ended.is_set():
            self.errors.append(error)

    def end(self) -> None:
        """Stop at once: wake those who wait, cut those who read, then wait for all threads."""
        self.ended.set()
        self.shutdown()
        with self._connections_lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


def reset(connection: socket.socket) -> None:
    """End a connection by RST in place of FIN, as closing with a linger of 0 seconds does."""
    linger = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    connection.close()
