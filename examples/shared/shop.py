"""A small web server: shop.py PORT RELEASE

RELEASE is a folder. Its file `version` is read when the server starts; its file
`errors`, if there is one, says which share of the requests fails, in percent.

    /         what it serves, with the version
    /health   200 as long as it runs
    /metrics  how many requests it answered, for Prometheus
"""

import pathlib
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

port, release = int(sys.argv[1]), pathlib.Path(sys.argv[2])
version = (release / "version").read_text().strip()
answered = {200: 0, 500: 0}
debt = 0.0


def status():
    """Spreads the requests that fail evenly over all."""
    global debt
    try:
        debt += float((release / "errors").read_text()) / 100
    except (OSError, ValueError):
        return 200
    if debt < 1:
        return 200
    debt -= 1
    return 500


class Shop(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/health":
            self.answer(200, "ok\n")
        elif self.path == "/metrics":
            lines = [f'http_requests_total{{code="{code}"}} {number}\n' for code, number in answered.items()]
            self.answer(200, "# TYPE http_requests_total counter\n" + "".join(lines))
        else:
            code = status()
            answered[code] += 1
            self.answer(code, f"shop {version}\n" if code == 200 else "sorry\n")

    def answer(self, code, text):
        body = text.encode()
        self.send_response(code)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


Server(("127.0.0.1", port), Shop).serve_forever()
