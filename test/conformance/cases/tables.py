"""What `kubectl get` shows: tables that the server makes."""

from case import case, named

TABLE = {"Accept": "application/json;as=Table;g=meta.k8s.io;v=v1,"
         "application/json"}
SHORT = "kind apiVersion columnDefinitions.[].name " \
    "columnDefinitions.[].priority rows.[].cells"
POD = {"containers": [{"name": "a", "image": "i"}]}
JOB = {"template": {"spec": {"restartPolicy": "Never", **POD}}}
CRON = {"schedule": "0 0 1 1 *", "suspend": True,
        "jobTemplate": {"spec": JOB}}

OBJECTS = {
    "configmaps": named("a", data={"k": "v"}),
    "secrets": named("a", stringData={"k": "v"}),
    "serviceaccounts": named("a"),
    "leases": named("a", spec={"holderIdentity": "me"}),
    "pods": named("a", spec=POD),
    "jobs": named("a", spec={"suspend": True, **JOB}),
    "cronjobs": named("a", spec=CRON),
    "roles": named("a", rules=[]),
    "rolebindings": named("a", subjects=[], roleRef={
        "apiGroup": "rbac.authorization.k8s.io", "kind": "Role",
        "name": "a"}),
    "persistentvolumeclaims": named("a", spec={
        "accessModes": ["ReadWriteOnce"], "storageClassName": "none",
        "resources": {"requests": {"storage": "1Gi"}}}),
}


def enter(kind, body):
    @case(f"a table of {kind}")
    def _(t):
        t.made(kind, body)
        if kind == "jobs":
            t.until("it is suspended", "jobs/a",
                    lambda a: a.body["status"].get("conditions"))
        t.get(f"{kind}/a", headers=TABLE, show=SHORT)


for each in OBJECTS.items():
    enter(*each)


@case("a row of a table holds the object's metadata")
def _(t):
    t.made("secrets", named("a"))
    t.get("secrets/a", headers=TABLE, show="rows.[].object.kind "
          "rows.[].object.apiVersion rows.[].object.metadata.name")


@case("a row of a table may hold the whole object")
def _(t):
    t.made("secrets", named("a"))
    t.get("secrets/a", headers=TABLE, includeObject="Object",
          show="rows.[].object.kind rows.[].object.type")


@case("a row of a table may hold no object")
def _(t):
    t.made("secrets", named("a"))
    t.get("secrets/a", headers=TABLE, includeObject="None",
          show="rows.[].object rows.[].cells")


@case("a table of a custom kind has its columns")
def _(t):
    t.made("things.shared", {
        "apiVersion": "shared.conformance.example/v1", "kind": "Thing",
        "metadata": {"name": "a"}, "spec": {"text": "x", "number": 3}})
    t.done("PATCH", "things.shared/a/status", {"status": {"conditions": [
        {"type": "Ready", "status": "True"}]}})
    t.get("things.shared/a", headers=TABLE, show=SHORT
          + " columnDefinitions.[].type columnDefinitions.[].format")


@case("a list as a table has pages, too")
def _(t):
    for name in "ab":
        t.made("leases", named(name))
    t.get("leases", limit="1", headers=TABLE, show=SHORT
          + " metadata.continue metadata.remainingItemCount")


@case("an empty table has columns")
def _(t):
    t.get("jobs", headers=TABLE, show=SHORT)


@case("a table of a finished Job")
def _(t):
    t.made("jobs", named("a", spec=JOB))
    t.until("it is active", "jobs/a",
            lambda a: a.body.get("status", {}).get("active") == 1)
    pods = t.found("pods")["items"]
    t.done("PATCH", f"pods/{pods[0]['metadata']['name']}/status",
           {"status": {"phase": "Succeeded"}})
    t.until("it is complete", "jobs/a", lambda a: any(
        c["type"] == "Complete"
        for c in a.body.get("status", {}).get("conditions", [])))
    found = t.server.ask("GET", t.target("jobs/a"), **TABLE)
    cells = found.body["rows"][0]["cells"]
    t.note("cells", cells[:3])


# Phases and containers of pods, as kubectl tells them.
PODS = {
    "running": {"phase": "Running", "containerStatuses": [
        {"name": "a", "ready": True, "restartCount": 0, "image": "i",
         "imageID": "i", "state": {"running": {}}}]},
    "waiting for an image": {"phase": "Pending", "containerStatuses": [
        {"name": "a", "ready": False, "restartCount": 0, "image": "i",
         "imageID": "", "state": {"waiting": {
             "reason": "ImagePullBackOff"}}}]},
    "that failed": {"phase": "Failed", "containerStatuses": [
        {"name": "a", "ready": False, "restartCount": 0, "image": "i",
         "imageID": "i", "state": {"terminated": {
             "exitCode": 3, "reason": "Error"}}}]},
    "that was killed by a signal": {"phase": "Failed", "containerStatuses": [
        {"name": "a", "ready": False, "restartCount": 0, "image": "i",
         "imageID": "i", "state": {"terminated": {
             "exitCode": 137, "signal": 9}}}]},
    "that was evicted": {"phase": "Failed", "reason": "Evicted"},
    "that completed": {"phase": "Succeeded", "containerStatuses": [
        {"name": "a", "ready": False, "restartCount": 1, "image": "i",
         "imageID": "i", "state": {"terminated": {
             "exitCode": 0, "reason": "Completed"}}}]},
}


def enter_pod(words, status):
    @case(f"a table of a pod {words}")
    def _(t):
        t.made("pods", named("a", spec=POD))
        t.done("PATCH", "pods/a/status", {"status": status})
        found = t.server.ask("GET", t.target("pods/a"), **TABLE)
        t.note("cells", found.body["rows"][0]["cells"][:4])


for each in PODS.items():
    enter_pod(*each)
