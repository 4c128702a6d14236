"""One case of the suite: what it may do with an API server.

A case is a function that gets a `Case` and asks; every answer goes to the
transcript. `case` enters it under a sentence. Called by the files of cases and
by `run`, which plays them.
"""

import hashlib
import json
import time
import urllib.parse

from transcript import Transcript

GROUPS = {
    "": "configmaps endpoints events limitranges namespaces nodes "
        "persistentvolumeclaims persistentvolumes pods resourcequotas "
        "secrets serviceaccounts services",
    "batch": "cronjobs jobs",
    "coordination.k8s.io": "leases",
    "apiextensions.k8s.io": "customresourcedefinitions",
    "rbac.authorization.k8s.io":
        "clusterroles clusterrolebindings roles rolebindings",
}
CLUSTER_WIDE = {"namespaces", "nodes", "persistentvolumes", "clusterroles",
                "clusterrolebindings", "customresourcedefinitions"}
KINDS = {"configmaps": "ConfigMap", "secrets": "Secret", "pods": "Pod",
         "namespaces": "Namespace", "leases": "Lease", "jobs": "Job",
         "cronjobs": "CronJob", "serviceaccounts": "ServiceAccount",
         "events": "Event", "persistentvolumeclaims": "PersistentVolumeClaim",
         "roles": "Role", "rolebindings": "RoleBinding", "nodes": "Node",
         "persistentvolumes": "PersistentVolume",
         "customresourcedefinitions": "CustomResourceDefinition",
         "clusterroles": "ClusterRole",
         "clusterrolebindings": "ClusterRoleBinding"}
PATCHES = {"merge": "application/merge-patch+json",
           "json": "application/json-patch+json",
           "strategic": "application/strategic-merge-patch+json",
           "apply": "application/apply-patch+yaml"}
# The custom kinds that `definitions.py` describes and every run has.
SHARED = "shared.conformance.example"
# How long something may take by the cluster's clock, and by ours at least.
DEADLINE, PATIENCE = 120, 30
CASES = {}


def case(sentence, slow=False):
    """Enters a function as a case; `slow` ones wait and are started first."""
    def enter(play):
        assert sentence not in CASES, f"two cases are called: {sentence}"
        play.slow = slow
        play.topic = play.__module__
        CASES[sentence] = play
        return play
    return enter


def namespace_of(sentence, run):
    digest = hashlib.sha256(sentence.encode()).hexdigest()[:10]
    return f"c{digest}-{run}"


class Case:
    """Asks a server in a namespace of its own and writes down the answers."""

    def __init__(self, server, sentence, run):
        self.server = server
        self.ns = namespace_of(sentence, run)
        self.other = self.ns + "-b"
        # Of the definitions that are this case's alone.
        self.group = self.ns + ".example"
        self.transcript = Transcript({
            self.other: "OTHER", self.group: "GROUP", self.ns: "NS"})
        self.watches = []

    # -- addresses ------------------------------------------------------------

    def target(self, path, query=None):
        """`pods/a/status`, `other:pods`, `all:pods`, or a path from `/`."""
        if not path.startswith("/"):
            path = self.address(path)
        query = {k: v for k, v in (query or {}).items() if v is not None}
        return path + ("?" + urllib.parse.urlencode(query) if query else "")

    def address(self, path):
        ns = self.ns
        if path.startswith("all:"):
            ns, path = None, path[4:]
        elif path.startswith("other:"):
            ns, path = self.other, path[6:]
        plural, *rest = path.split("/")
        name, _, group = plural.partition(".")
        version = "v1"
        if not group:
            group = next(g for g, names in GROUPS.items()
                         if name in names.split())
        elif group == "own":
            group = self.group
        elif group == "shared":
            group = SHARED
        head = f"/apis/{group}/{version}" if group else f"/api/{version}"
        wide = name in CLUSTER_WIDE or name.startswith("wide")
        space = [] if wide or not ns else ["namespaces", ns]
        return "/".join([head, *space, name, *rest])

    # -- requests -------------------------------------------------------------

    def send(self, method, path, body=None, show=None, mute=False,
             headers=None, **query):
        """One request and its line; `mute` ones must succeed and leave none."""
        headers = dict(headers or {})
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(self.filled(path, body))
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
            if isinstance(body, str):
                body = body.encode()
        answer = self.server.ask(method, self.target(path, query), body,
                                 **headers)
        if mute:
            assert answer.ok, f"{method} {path}: {answer.code} {answer.text}"
            return answer
        said = " ".join([method, path, *(
            f"{k}={v}" for k, v in query.items() if v is not None)])
        kind = headers.get("Content-Type", "")
        if method == "PATCH":
            said += " as " + next((k for k, v in PATCHES.items()
                                   if v == kind), kind)
        self.transcript.say(said)
        self.record(answer, show)
        return answer

    def filled(self, path, body):
        """An object says of what kind it is, unless it says so already."""
        plural = path.rpartition(":")[2].split("/")[0]
        if not isinstance(body, dict) or "kind" in body \
                or plural not in KINDS or "metadata" not in body:
            return body
        group = next(g for g, names in GROUPS.items()
                     if plural in names.split())
        return {"apiVersion": f"{group}/v1" if group else "v1",
                "kind": KINDS[plural], **body}

    def record(self, answer, show):
        say = self.transcript
        body = answer.body
        if body is None:
            text = f" {answer.type}" if answer.type else ""
            say.say(f"  {answer.code}{text} {answer.text.strip()}".rstrip())
        elif body.get("kind") == "Status" and not answer.ok:
            if show == "reason":
                say.say(f"  {answer.code} {body.get('reason', '')}")
            else:
                say.say(f"  {answer.code} {say.failure(body)}")
        elif show == "code":
            say.learn(body)
            say.say(f"  {answer.code}")
        else:
            say.say(f"  {answer.code} {say.shown(body, show)}")
        if answer.retry_after:
            say.say(f"  Retry-After: {answer.retry_after}")
        for each in answer.warnings:
            say.say(f"  Warning: {each}")

    def get(self, path, **more):
        return self.send("GET", path, **more)

    def post(self, path, body, **more):
        return self.send("POST", path, body, **more)

    def put(self, path, body, **more):
        return self.send("PUT", path, body, **more)

    def delete(self, path, body=None, **more):
        return self.send("DELETE", path, body, **more)

    def patch(self, path, body, how="merge", **more):
        if not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        return self.send("PATCH", path, body, headers={
            "Content-Type": PATCHES.get(how, how), **more.pop("headers", {})},
            **more)

    def apply(self, path, body, manager="one", force=None, **more):
        if isinstance(body, dict):
            body = self.filled(path, body)
        return self.patch(path, body, "apply", fieldManager=manager,
                          force=force, **more)

    # -- what a case needs before it begins -----------------------------------

    def made(self, path, body, **query):
        """Creates an object that the case is not about."""
        return self.send("POST", path, body, mute=True, **query).body

    def done(self, method, path, body=None, how="merge", **query):
        """Asks for something that the case is not about."""
        if method == "PATCH":
            return self.patch(path, body, how, mute=True, **query).body
        return self.send(method, path, body, mute=True, **query).body

    def found(self, path):
        """An object, without a line."""
        return self.send("GET", path, mute=True).body

    def other_namespace(self):
        self.made("namespaces", {"metadata": {"name": self.other}})

    def note(self, words, value=None):
        """What the case found by looking closer."""
        text = "" if value is None else " " + self.transcript.written(value)
        self.transcript.say(f"{words}:{text}" if text else words)

    # -- time -----------------------------------------------------------------

    def pause(self, seconds):
        """Lets the cluster's clock go on."""
        time.sleep(seconds / self.server.pace)

    def until(self, words, path, holds, seconds=DEADLINE, show="code",
              **query):
        """Looks at something until it is so; then that is in the transcript.

        `seconds` are the cluster's.
        """
        until = time.monotonic() + max(PATIENCE, seconds / self.server.pace)
        wait = 0.05
        while True:
            answer = self.server.ask("GET", self.target(path, query))
            if holds(answer):
                break
            if time.monotonic() > until:
                self.transcript.say(f"GET {path} until {words}")
                self.transcript.say(f"  not within {seconds} s: {answer.text}")
                return answer
            time.sleep(wait)
            wait = min(wait * 1.5, 0.5)
        self.transcript.say(f"GET {path} until {words}")
        self.record(answer, show)
        return answer

    def until_gone(self, path, **more):
        return self.until("it is gone", path, lambda a: a.code == 404, **more)

    # -- watches --------------------------------------------------------------

    def watch(self, path, headers=None, **query):
        """Opens a watch; the transcript says so, or how it was refused."""
        self.transcript.say(" ".join(["WATCH", path, *(
            f"{k}={v}" for k, v in query.items() if v is not None)]))
        opened = self.server.watch(
            self.target(path, {"watch": "1", **query}), **(headers or {}))
        self.watches.append(opened)
        if opened.refusal:
            self.record(opened.refusal, None)
            return None
        return opened

    def events(self, watch, count, show="metadata.name metadata."
               "resourceVersion data", seconds=2 * PATIENCE):
        """The next events of a watch, a line each; whether all came."""
        for _ in range(count):
            event = watch.next(seconds)
            if event is None or event is False:
                self.transcript.say(
                    "  no event" if event is None else "  end of the watch")
                return False
            body = event["object"]
            text = self.transcript.failure(body) \
                if body.get("kind") == "Status" \
                else self.transcript.shown(body, show)
            self.transcript.say(f"  {event['type']} {text}")
        return True

    def close(self):
        for each in self.watches:
            each.close()


def named(name, **more):
    """An object with a name; the kind follows from where it is sent."""
    return {"metadata": {"name": name}, **more}


