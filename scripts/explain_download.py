"""Says why a download from the package index fails and what to do; only the standard library."""

import os
import shutil
import ssl
import urllib.error
import urllib.request

INDEX = os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("PIP_INDEX_URL") or "https://pypi.org/simple"
LOW_DISK_BYTES = 1_000_000_000
PROXY_LOGIN_WANTED = 407


def advice() -> str:
    """Ask the index for one small page and turn what happens into one line."""
    free = shutil.disk_usage(".").free
    if free < LOW_DISK_BYTES:
        return f"Only {free // 1_000_000} MB are free on this disk; 2 GB are needed."
    proxy = urllib.request.getproxies().get("https", "").rpartition("@")[2]
    through = f" through the proxy {proxy}" if proxy else ""
    try:
        with urllib.request.urlopen(f"{INDEX.rstrip('/')}/uv/", timeout=10):  # noqa: S310
            return f"{INDEX} answers{through}, so the download broke on the way: try again."
    except urllib.error.HTTPError as error:
        return _refused(error.code, error.reason, through)
    except urllib.error.URLError as error:
        return _unreachable(error.reason, through)
    except OSError as error:
        return _unreachable(error, through)


def _refused(code: int, reason: str, through: str) -> str:
    if code == PROXY_LOGIN_WANTED:
        return f"The proxy wants a log-in{through}: set HTTPS_PROXY=http://user:password@host:port."
    return f"{INDEX} answers {code} {reason}{through}: try again later, or set UV_DEFAULT_INDEX to a mirror."


def _unreachable(reason: object, through: str) -> str:
    if isinstance(reason, ssl.SSLError):
        return (
            f"The certificate of {INDEX} is not trusted{through}: set SSL_CERT_FILE and PIP_CERT to your "
            "organisation's CA bundle, for example /etc/ssl/certs/ca-certificates.crt."
        )
    return (
        f"{INDEX} cannot be reached{through} ({reason}): check the network; behind a proxy set HTTPS_PROXY; "
        "with a mirror set UV_DEFAULT_INDEX and PIP_INDEX_URL."
    )


if __name__ == "__main__":
    print(advice())  # noqa: T201
