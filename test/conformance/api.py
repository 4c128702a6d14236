"""An API server as a client sees it: requests, answers, open watches.

Knows HTTP and the kubeconfig that names the server, and nothing of what is
asked. Called by `case.py`, and by `run` for what all cases need.
"""

import base64
import http.client
import json
import os
import socket
import ssl
import tempfile
import threading
import urllib.parse

import yaml

# Longer than the API server lets a request without a watch take.
SECONDS = 90


class Answer:
    """A status, the headers that matter, and the body as text and JSON."""

    def __init__(self, response, text):
        self.code = response.status
        self.text = text
        self.type = (response.getheader("Content-Type") or "").split(";")[0]
        self.warnings = response.headers.get_all("Warning") or []
        self.retry_after = response.getheader("Retry-After")
        self.body = None
        if self.type == "application/json" and text:
            self.body = json.loads(text)

    @property
    def ok(self):
        return 200 <= self.code < 300


class Server:
    """The API server that a kubeconfig names; used by many threads."""

    def __init__(self, kubeconfig, pace=1.0):
        """`pace`: seconds of the cluster's clock in a second of ours."""
        self.pace = pace
        with open(kubeconfig, encoding="utf-8") as file:
            config = yaml.safe_load(file)
        cluster = config["clusters"][0]["cluster"]
        user = config["users"][0].get("user", {})
        where = urllib.parse.urlsplit(cluster["server"])
        self.place = (where.hostname, where.port)
        self.token = user.get("token")
        self.tls = None
        if where.scheme == "https":
            self.tls = trust(cluster, user)
        self.own = threading.local()

    def connect(self, timeout=SECONDS):
        if self.tls:
            made = http.client.HTTPSConnection(*self.place, timeout=timeout,
                                               context=self.tls)
        else:
            made = http.client.HTTPConnection(*self.place, timeout=timeout)
        made.connect()
        made.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def headers(self, more):
        out = {"User-Agent": "conformance/1", "Accept": "application/json"}
        if self.token:
            out["Authorization"] = "Bearer " + self.token
        return out | more

    def ask(self, method, target, body=None, **headers):
        """One request; `body` is text or bytes."""
        if not getattr(self.own, "connection", None):
            self.own.connection = self.connect()
        try:
            self.own.connection.request(method, target, body,
                                        self.headers(headers))
            response = self.own.connection.getresponse()
            answer = Answer(response, response.read().decode())
        except (OSError, http.client.HTTPException):
            self.own.connection.close()
            self.own.connection = None
            raise
        if response.will_close:
            self.own.connection.close()
            self.own.connection = None
        return answer

    def watch(self, target, **headers):
        return Watch(self, target, headers)


class Watch:
    """An open watch; the answer itself when the server did not open one."""

    def __init__(self, server, target, headers):
        self.connection = server.connect()
        # An answer that ends with its connection lets go of the socket.
        self.socket = self.connection.sock
        self.connection.request("GET", target, None, server.headers(headers))
        self.response = self.connection.getresponse()
        self.refusal = None
        if self.response.status != 200:
            self.refusal = Answer(self.response, self.response.read().decode())

    def next(self, seconds):
        """The next event; None when none came in time, False at the end."""
        self.socket.settimeout(seconds)
        try:
            line = self.response.readline()
        except (TimeoutError, ValueError):
            return None
        return json.loads(line) if line else False

    def close(self):
        self.response.close()
        self.connection.close()


def trust(cluster, user):
    """What a kubeconfig says about certificates, as a TLS context."""
    def text_of(of, name):
        if name in of:
            with open(of[name], encoding="utf-8") as file:
                return file.read()
        data = of.get(name + "-data")
        return base64.b64decode(data).decode() if data else None

    context = ssl.create_default_context(
        cadata=text_of(cluster, "certificate-authority"))
    certificate = text_of(user, "client-certificate")
    if certificate:
        with tempfile.TemporaryDirectory() as folder:
            both = os.path.join(folder, "both.pem")
            with open(both, "w", encoding="utf-8") as file:
                file.write(certificate + "\n" + text_of(user, "client-key"))
            context.load_cert_chain(both)
    return context
