"""People who use the site, each one request after the other: customers.py URL LOG

Each answer becomes a line of LOG: its status and its text, or why there is none.
"""

import sys
import threading
import time
import urllib.error
import urllib.request

PEOPLE = 8

url, log = sys.argv[1], open(sys.argv[2], "a", buffering=1)
writing = threading.Lock()


def use():
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                text = f"{answer.status} {answer.read().decode().strip()}"
        except urllib.error.HTTPError as error:
            text = f"{error.code} {error.reason}"
        except Exception as error:  # whatever it is, somebody was not served
            text = f"- {error!r}"
        with writing:
            log.write(text + "\n")
        time.sleep(0.02)


people = [threading.Thread(target=use) for _ in range(PEOPLE)]
for one in people:
    one.start()
