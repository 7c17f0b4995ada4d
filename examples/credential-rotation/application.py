"""A small application: application.py PORT FOLDER SOCKET

It counts its visitors in Redis, and knows its password from FOLDER/password. Like
many, it puts the password into an address, and so cannot cope with every letter.
"""

import pathlib
import socket
import sys
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

port, folder, redis = int(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
password = (folder / "password").read_text().strip()
address = urllib.parse.urlsplit(f"redis://shop:{password}@localhost/0")


def ask(*commands):
    """The last answer of Redis."""
    with socket.socket(socket.AF_UNIX) as wire:
        wire.connect(redis)
        answers = wire.makefile("rb")
        for command in commands:
            parts = [f"${len(word)}\r\n{word}\r\n" for word in map(str, command)]
            wire.sendall(f"*{len(parts)}\r\n{''.join(parts)}".encode())
            answer = answers.readline().decode().strip()
            if answer.startswith("-"):
                raise PermissionError(answer[1:])
        return answer


class Application(BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            ask(("AUTH", address.username, address.password), ("INCR", "visitors"))
            self.answer(200, "welcome\n")
        except OSError as error:
            self.answer(503, f"{error}\n")

    def answer(self, code, text):
        self.send_response(code)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", port), Application).serve_forever()
