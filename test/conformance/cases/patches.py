"""Merge, JSON and strategic merge patches."""

from case import case, named

POD = {"spec": {"containers": [
    {"name": "a", "image": "i", "env": [{"name": "X", "value": "1"}]},
    {"name": "b", "image": "i"}]}}
SPEC = "metadata.labels metadata.finalizers spec"


def filled(t):
    t.made("configmaps", named("a", data={"k": "v", "l": "w"}))


@case("a merge patch adds, changes and removes")
def _(t):
    filled(t)
    t.patch("configmaps/a", {"data": {"k": None, "l": "x", "m": "y"}})


@case("a merge patch of nothing writes nothing")
def _(t):
    t.transcript.shown(t.made("configmaps", named("a", data={"k": "v"})), None)
    t.patch("configmaps/a", {})
    t.patch("configmaps/a", {"data": {"k": "v"}})


@case("a merge patch may not rename")
def _(t):
    filled(t)
    t.patch("configmaps/a", {"metadata": {"name": "b"}})
    t.patch("configmaps/a", {"metadata": {"namespace": "elsewhere"}})


@case("a merge patch cannot change what the server keeps")
def _(t):
    filled(t)
    t.patch("configmaps/a", {"metadata": {
        "creationTimestamp": "2001-01-01T00:00:00Z", "generation": 9}})
    t.patch("configmaps/a", {"metadata": {"uid": "other"}})


@case("a merge patch replaces lists whole")
def _(t):
    t.made("things.shared", thing("a", plain=["a", "b"], byName=[
        {"name": "x"}, {"name": "y"}]))
    t.patch("things.shared/a", {"spec": {"plain": ["c"],
                                         "byName": [{"name": "z"}]}},
            show="spec.plain spec.byName")


@case("a merge patch with a version is guarded by it")
def _(t):
    made = t.made("configmaps", named("a"))
    version = made["metadata"]["resourceVersion"]
    t.patch("configmaps/a", {"metadata": {"resourceVersion": version},
                             "data": {"k": "1"}}, show="data")
    t.patch("configmaps/a", {"metadata": {"resourceVersion": version},
                             "data": {"k": "2"}})


@case("a patch that is no JSON is a bad request")
def _(t):
    filled(t)
    for how in ("merge", "json", "strategic"):
        t.patch("configmaps/a", "{no", how, show="reason")


@case("a merge patch that is a list is a bad request")
def _(t):
    filled(t)
    t.patch("configmaps/a", "[]", show="reason")


@case("a merge patch with a wrong type is refused")
def _(t):
    filled(t)
    t.patch("configmaps/a", {"data": {"k": 1}}, show="reason")
    t.patch("configmaps/a", {"data": "text"}, show="reason")


@case("a patch in an unknown format is refused")
def _(t):
    filled(t)
    t.patch("configmaps/a", {"data": {}}, "application/json")


@case("a custom object takes no strategic merge patch")
def _(t):
    t.made("things.shared", thing("a"))
    t.patch("things.shared/a", {"spec": {"text": "x"}}, "strategic")


@case("a dry-run patch changes nothing")
def _(t):
    filled(t)
    t.patch("configmaps/a", {"data": {"k": "2"}}, dryRun="All", show="data")
    t.get("configmaps/a", show="data")


@case("a patch without a body is a bad request")
def _(t):
    filled(t)
    t.patch("configmaps/a", "", show="reason")


def thing(name, **spec):
    return {"apiVersion": "shared.conformance.example/v1", "kind": "Thing",
            "metadata": {"name": name}, "spec": spec}


# What a JSON patch does to {"data": {"k": "v", "l": "w"}}.
OPERATIONS = {
    "adds a field": [{"op": "add", "path": "/data/m", "value": "x"}],
    "replaces a field": [{"op": "replace", "path": "/data/k", "value": "x"}],
    "removes a field": [{"op": "remove", "path": "/data/k"}],
    "moves a field": [{"op": "move", "from": "/data/k", "path": "/data/m"}],
    "copies a field": [{"op": "copy", "from": "/data/k", "path": "/data/m"}],
    "tests a field and goes on": [
        {"op": "test", "path": "/data/k", "value": "v"},
        {"op": "add", "path": "/data/m", "value": "x"}],
    "tests a field and gives up": [
        {"op": "test", "path": "/data/k", "value": "no"},
        {"op": "add", "path": "/data/m", "value": "x"}],
    "cannot remove what is absent": [{"op": "remove", "path": "/data/none"}],
    "cannot replace what is absent": [
        {"op": "replace", "path": "/data/none", "value": "x"}],
    "cannot add below what is absent": [
        {"op": "add", "path": "/none/deep/m", "value": "x"}],
    "knows no other operations": [{"op": "twist", "path": "/data/k"}],
    "reads escaped names": [
        {"op": "add", "path": "/metadata/annotations",
         "value": {"a/b": "1", "c~d": "2"}},
        {"op": "remove", "path": "/metadata/annotations/a~1b"},
        {"op": "replace", "path": "/metadata/annotations/c~0d",
         "value": "3"}],
    "of no operations writes nothing": [],
}


def enter_operation(words, operations):
    @case(f"a JSON patch {words}")
    def _(t):
        filled(t)
        t.patch("configmaps/a", operations, "json",
                show="data metadata.annotations")


for each in OPERATIONS.items():
    enter_operation(*each)


@case("a JSON patch reaches into lists")
def _(t):
    t.made("things.shared", thing("a", plain=["a", "b", "c"]))
    for operation in ({"op": "add", "path": "/spec/plain/1", "value": "x"},
                      {"op": "add", "path": "/spec/plain/-", "value": "end"},
                      {"op": "remove", "path": "/spec/plain/0"},
                      {"op": "replace", "path": "/spec/plain/9",
                       "value": "no"},
                      {"op": "test", "path": "/spec/plain/0", "value": "x"}):
        t.patch("things.shared/a", [operation], "json", show="spec.plain")


@case("a JSON patch that is an object is a bad request")
def _(t):
    filled(t)
    t.patch("configmaps/a", {"op": "add"}, "json", show="reason")


@case("a JSON patch may test the version")
def _(t):
    made = t.made("configmaps", named("a"))
    version = made["metadata"]["resourceVersion"]
    test = {"op": "test", "path": "/metadata/resourceVersion",
            "value": version}
    add = {"op": "add", "path": "/metadata/labels", "value": {"a": "b"}}
    t.patch("configmaps/a", [test, add], "json", show="metadata.labels")
    t.patch("configmaps/a", [test, add], "json")


# Strategic merge patches of a pod with the containers a and b.
STRATEGIC = {
    "adds a toleration beside those that are there": {"spec": {
        "tolerations": [{"key": "x", "operator": "Exists"}]}},
    "finds a container by name": {"spec": {"containers": [
        {"name": "b", "image": "new"}]}},
    "merges labels": {"metadata": {"labels": {"a": "1", "b": None}}},
    "adds a finalizer": {"metadata": {"finalizers": ["x.example/y"]}},
    "deletes a deadline": {"spec": {"activeDeadlineSeconds": None}},
    "replaces a map": {"metadata": {"labels": {"$patch": "replace",
                                               "only": "1"}}},
    "deletes a map": {"metadata": {"labels": {"$patch": "delete"}}},
    "keeps only some keys": {"metadata": {"labels": {
        "$retainKeys": ["old"], "new": "1"}}},
    "cannot add a container": {"spec": {"containers": [
        {"name": "c", "image": "i"}]}},
    "needs the name of a container": {"spec": {"containers": [
        {"image": "i"}]}},
}


def enter_strategic(words, patch):
    @case(f"a strategic patch of a pod {words}")
    def _(t):
        t.made("pods", {"metadata": {"name": "a", "labels": {"old": "1"}},
                        **POD})
        t.patch("pods/a", patch, "strategic", show="metadata.labels "
                "metadata.finalizers spec.tolerations spec.containers.[].name "
                "spec.containers.[].image")


for each in STRATEGIC.items():
    enter_strategic(*each)

JOB = {"spec": {"suspend": True, "template": {"spec": {
    "restartPolicy": "Never",
    "containers": [{"name": "a", "image": "i"}],
    "volumes": [{"name": "v", "secret": {"secretName": "s"}}]}}}}
IN_CRON_JOB = "spec.jobTemplate.spec.template.spec."
STRATEGIC_OF_TEMPLATE = {
    "adds a container": {"containers": [{"name": "b", "image": "i"}]},
    "deletes a container": {"containers": [
        {"name": "b", "image": "i"}, {"name": "a", "$patch": "delete"}]},
    "replaces all containers": {"containers": [
        {"$patch": "replace"}, {"name": "z", "image": "i"}]},
    "adds a variable": {"containers": [
        {"name": "a", "env": [{"name": "X", "value": "1"}]}]},
    "adds a volume of another sort by retained keys": {"volumes": [
        {"name": "v", "$retainKeys": ["name", "emptyDir"], "emptyDir": {}}]},
    "adds a mount": {"containers": [{"name": "a", "volumeMounts": [
        {"name": "v", "mountPath": "/v"}]}]},
    "orders a list": {
        "$setElementOrder/containers": [{"name": "b"}, {"name": "a"}],
        "containers": [{"name": "b", "image": "i"}]},
    "replaces arguments whole": {"containers": [
        {"name": "a", "args": ["x", "y"]}]},
}


def enter_template(words, patch):
    @case(f"a strategic patch of a CronJob's template {words}")
    def _(t):
        t.made("cronjobs", named("a", spec={
            "schedule": "0 0 1 1 *", "suspend": True, "jobTemplate": JOB}))
        t.patch("cronjobs/a", {"spec": {"jobTemplate": {"spec": {"template": {
            "spec": patch}}}}}, "strategic",
            show=IN_CRON_JOB + "containers " + IN_CRON_JOB + "volumes")


for each in STRATEGIC_OF_TEMPLATE.items():
    enter_template(*each)


@case("a strategic patch removes one finalizer")
def _(t):
    t.made("configmaps", {"metadata": {"name": "a", "finalizers": [
        "x.example/a", "x.example/b"]}})
    t.patch("configmaps/a", {"metadata": {
        "$deleteFromPrimitiveList/finalizers": ["x.example/a"]}},
        "strategic", show="metadata.finalizers")


@case("a strategic patch merges owners by UID")
def _(t):
    made = t.made("configmaps", named("o"))
    uid = made["metadata"]["uid"]
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "o", "uid": uid}
    t.made("configmaps", {"metadata": {"name": "a",
                                       "ownerReferences": [owner]}})
    t.patch("configmaps/a", {"metadata": {"ownerReferences": [
        {"uid": uid, "blockOwnerDeletion": True}]}}, "strategic",
        show="metadata.ownerReferences")
    t.patch("configmaps/a", {"metadata": {"ownerReferences": [
        {"uid": uid, "$patch": "delete"}]}}, "strategic",
        show="metadata.ownerReferences")
