"""Asks whether its process is ready, by `python -S healthcheck.py PORT [PATH]`: exits 1 when not."""

import http.client
import sys


def is_ready(port: int, path: str) -> bool:
    """Tell whether the process answers within two seconds, and not that it cannot serve (5xx)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(not is_ready(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "/ready"))
