"""A real browser, driven over WebDriver: Debian's chromium and chromedriver.

Nothing here knows the page.
"""

import base64
import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

PATIENCE_SECONDS = 60


def is_there():
    return shutil.which("chromium") and shutil.which("chromedriver")


class Browser:
    """One window; use it with `with`."""

    def __init__(self, width=1200, height=760, dark=False):
        self.size, self.dark = (width, height), dark
        self.driver, self.session, self.port = None, None, 0
        self.scratch = None

    def __enter__(self):
        # chromium leaves folders behind.
        self.scratch = tempfile.TemporaryDirectory(
            prefix="holystone-browser-", ignore_cleanup_errors=True)
        # chromedriver says which free port it took.
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
            env=dict(os.environ, TMPDIR=self.scratch.name))
        for line in self.driver.stdout:
            if "started successfully on port " in line:
                self.port = int(line.split("on port ")[1].split(".")[0])
                break
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu",
                     "--disable-dev-shm-usage", "--hide-scrollbars",
                     # It talks to nobody but the page.
                     "--disable-background-networking", "--no-first-run",
                     "--disable-component-update", "--disable-sync",
                     "--host-resolver-rules=MAP elsewhere.example 127.0.0.1,"
                     "MAP * ~NOTFOUND,EXCLUDE 127.0.0.1",
                     f"--window-size={self.size[0]},{self.size[1]}"]
        if self.dark:
            arguments.append("--force-dark-mode")
        made = self.call("POST", "session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"}}}})
        self.session = made["sessionId"]
        # The window is what was asked for inside, not outside.
        self.command("POST", "goog/cdp/execute", {
            "cmd": "Emulation.setDeviceMetricsOverride",
            "params": {"width": self.size[0], "height": self.size[1],
                       "deviceScaleFactor": 1, "mobile": False}})
        if self.dark:
            self.command("POST", "goog/cdp/execute", {
                "cmd": "Emulation.setEmulatedMedia",
                "params": {"features": [{"name": "prefers-color-scheme",
                                         "value": "dark"}]}})
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.call("DELETE", f"session/{self.session}")
        self.driver.terminate()
        self.driver.wait()
        self.driver.stdout.close()
        self.scratch.cleanup()

    def call(self, method, path, body=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/{path}", method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as why:
            raise AssertionError(f"{path}: {why.read().decode()[:400]}") from why

    def command(self, method, path, body=None):
        return self.call(method, f"session/{self.session}/{path}", body)

    def open(self, url):
        self.command("POST", "url", {"url": url})

    def run(self, script, *arguments):
        """The value that a piece of JavaScript returns."""
        return self.command("POST", "execute/sync",
                            {"script": script, "args": list(arguments)})

    def wait(self, what, script, *arguments):
        """Until the script returns something true; gives that."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (found := self.run(script, *arguments)):
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {PATIENCE_SECONDS} s: {what}")
            time.sleep(0.05)
        return found

    def press(self, *keys):
        """Keys by their WebDriver code, e.g. "\\ue015" for the down arrow."""
        actions = [{"type": kind, "value": key} for key in keys
                   for kind in ("keyDown", "keyUp")]
        self.command("POST", "actions", {"actions": [
            {"type": "key", "id": "keys", "actions": actions}]})

    def complaints(self):
        """What the page wrote to the console as an error."""
        return [line["message"] for line in
                self.command("POST", "se/log", {"type": "browser"})
                if line["level"] == "SEVERE"]

    def picture(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.command("GET", "screenshot")))
