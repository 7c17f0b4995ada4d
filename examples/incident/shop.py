"""A shop that charges its customers at a company: shop.py PORT FOLDER PAYMENTS

FOLDER/charge says `now` or `later`; FOLDER/log gets a line for each customer. With
a file FOLDER/forgetful it reads `charge` once, when it starts.
"""

import pathlib
import sys
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

port, folder, payments = int(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
at_start = (folder / "charge").read_text().strip()
log = (folder / "log").open("a", buffering=1)


def charging():
    if (folder / "forgetful").exists():
        return at_start
    return (folder / "charge").read_text().strip()


class Shop(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/charging":
            self.answer(200, f"the shop charges {charging()}\n")
        elif charging() == "later":
            self.customer(200, "ordered, and charged later")
        else:
            try:
                urllib.request.urlopen(payments, timeout=10).read()
                self.customer(200, "ordered and charged")
            except OSError as error:
                self.customer(502, f"turned away: {error}")

    def customer(self, code, what):
        log.write(what + "\n")
        self.answer(code, what + "\n")

    def answer(self, code, text):
        self.send_response(code)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", port), Shop).serve_forever()
