"""A network camera: an MJPEG stream on loopback. The server has threads of its own; only tests use it."""

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class MjpegStream:
    """Serves to each client the JPEGs that a fresh `pictures()` yields, as they come, until `stop`."""

    def __init__(self, pictures: Callable[[], Iterator[bytes]], port: int = 0) -> None:
        """port: the one to listen at, 0 for a free one. pictures: to end when `ended` is true."""
        self.ended = False

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                try:
                    for jpeg in pictures():
                        head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                        self.wfile.write(head.encode() + jpeg + b"\r\n")
                except OSError:
                    pass  # the engine has hung up

            def log_message(self, *arguments: object) -> None:
                pass

        ThreadingHTTPServer.allow_reuse_address = True
        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}/live.mjpg"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def stop(self) -> None:
        """Ends the server and every connection."""
        self.ended = True
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
