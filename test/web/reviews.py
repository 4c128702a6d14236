"""An API server that knows people: before a simulated cluster, which knows
none, it answers TokenReviews and SubjectAccessReviews, and hands on all else.

Loopback only; nothing here knows what is tested.
"""

import http.client
import http.server
import json
import threading

REVIEWS = ("/apis/authentication.k8s.io/v1/tokenreviews",
           "/apis/authorization.k8s.io/v1/subjectaccessreviews")
# Of one connection, not of what is asked.
HOP = {"connection", "transfer-encoding", "content-length", "host"}


class Reviews:
    """Use it with `with`; `names` are the users by their tokens, `readers` who
    may get every path."""

    def __init__(self, host, port):
        self.behind = (host, port)
        self.names, self.readers = {}, set()
        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), handler_of(self))
        self.server.daemon_threads = True

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    def review(self, asked):
        spec = asked["spec"]
        if asked["kind"] == "TokenReview":
            name = self.names.get(spec["token"])
            return {"authenticated": bool(name),
                    **({"user": {"username": name}} if name else {})}
        return {"allowed": spec["user"] in self.readers
                and spec["nonResourceAttributes"]["verb"] == "get"}


def handler_of(reviews):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.path.partition("?")[0] in REVIEWS:
                asked = json.loads(body)
                self.answer({**asked, "status": reviews.review(asked)})
            else:
                self.hand_on(body)

        do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

        def answer(self, value):
            text = json.dumps(value).encode()
            self.send_response(201)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def hand_on(self, body):
            wire = http.client.HTTPConnection(*reviews.behind)
            wire.request(self.command, self.path, body or None, {
                name: value for name, value in self.headers.items()
                if name.lower() not in HOP})
            got = wire.getresponse()
            self.send_response(got.status)
            for name, value in got.getheaders():
                if name.lower() not in HOP:
                    self.send_header(name, value)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            try:
                while piece := got.read1(65536):
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                self.wfile.write(b"0\r\n\r\n")
            except (OSError, http.client.HTTPException):
                self.close_connection = True
            wire.close()

        def log_message(self, *_):
            pass

    return Handler
