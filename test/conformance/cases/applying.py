"""Server-side apply: who owns which field, and what follows from it."""

from case import case, named

DATA = "data metadata.labels owners"
SPEC = "spec status owners"


def thing(name, status=None, **spec):
    out = {"apiVersion": "shared.conformance.example/v1", "kind": "Thing",
           "metadata": {"name": name}, "spec": spec}
    return out if status is None else {**out, "status": status}


def config(**data):
    return named("a", data=data)


@case("apply creates what is absent")
def _(t):
    t.apply("configmaps/a", config(k="v"))
    t.get("configmaps/a", show=DATA)


@case("an equal apply writes nothing")
def _(t):
    t.apply("configmaps/a", config(k="v"))
    t.apply("configmaps/a", config(k="v"))


@case("apply needs a manager")
def _(t):
    t.apply("configmaps/a", config(k="v"), manager=None)


@case("force belongs to apply alone")
def _(t):
    t.made("configmaps", named("a"))
    t.patch("configmaps/a", {"data": {"k": "v"}}, force="true")


@case("what was applied and is left out goes")
def _(t):
    t.apply("configmaps/a", config(k="v", l="w"), show="code")
    t.apply("configmaps/a", config(k="v"), show=DATA)


@case("two managers own different fields")
def _(t):
    t.apply("configmaps/a", config(k="v"), "one", show="code")
    t.apply("configmaps/a", config(l="w"), "two", show=DATA)


@case("two managers share what they say alike")
def _(t):
    t.apply("configmaps/a", config(k="v"), "one", show="code")
    t.apply("configmaps/a", config(k="v"), "two", show=DATA)
    t.apply("configmaps/a", named("a"), "one", show=DATA)
    t.apply("configmaps/a", named("a"), "two", show=DATA)


@case("a conflict names the manager and the field")
def _(t):
    t.apply("configmaps/a", config(k="v"), "one", show="code")
    t.apply("configmaps/a", config(k="w"), "two")


@case("conflicts with many are listed")
def _(t):
    t.apply("configmaps/a", config(k="v", m="v"), "one", show="code")
    t.apply("configmaps/a", config(l="v"), "two", show="code")
    t.apply("configmaps/a", config(k="1", l="1", m="1"), "three")


@case("force takes fields away")
def _(t):
    t.apply("configmaps/a", config(k="v", l="v"), "one", show="code")
    t.apply("configmaps/a", config(k="w"), "two", force="true", show=DATA)


@case("what force took away stays when its first owner leaves it out")
def _(t):
    t.apply("configmaps/a", config(k="v", l="v"), "one", show="code")
    t.apply("configmaps/a", config(k="w"), "two", force="true", show="code")
    t.apply("configmaps/a", config(l="v"), "one", show=DATA)


@case("an update takes fields from those who applied them")
def _(t):
    t.apply("configmaps/a", config(k="v"), "one", show="code")
    t.patch("configmaps/a", {"data": {"k": "w"}}, show=DATA)
    t.apply("configmaps/a", config(k="v"), "one")


@case("an equal update takes no fields")
def _(t):
    t.apply("configmaps/a", config(k="v"), "one", show="code")
    t.patch("configmaps/a", {"data": {"k": "v"}}, show=DATA)


@case("a deleted field is owned by nobody")
def _(t):
    t.apply("configmaps/a", config(k="v", l="w"), "one", show="code")
    t.patch("configmaps/a", {"data": {"k": None}}, show=DATA)


@case("an update under the manager's name is another entry")
def _(t):
    t.apply("configmaps/a", config(k="v"), "one", show="code")
    t.patch("configmaps/a", {"data": {"l": "w"}}, fieldManager="one",
            show=DATA)


@case("a conflict with an update says the version")
def _(t):
    t.made("configmaps", config(k="v"), fieldManager="writer")
    t.apply("configmaps/a", config(k="w"), "one")


@case("a created object's fields belong to its creator")
def _(t):
    t.post("configmaps", config(k="v"), fieldManager="writer", show=DATA)


@case("without a name for it the user agent is the manager")
def _(t):
    t.post("configmaps", config(k="v"), show=DATA)
    t.post("secrets", named("a", stringData={"k": "v"}), show=DATA,
           headers={"User-Agent": "someone/1.2 (linux)"})


@case("a dry-run apply changes nothing")
def _(t):
    t.apply("configmaps/a", config(k="v"), dryRun="All", show=DATA)
    t.get("configmaps/a")


@case("apply may not send managedFields")
def _(t):
    t.apply("configmaps/a", {"metadata": {"name": "a", "managedFields": [
        {"manager": "x"}]}})


@case("apply may not rename")
def _(t):
    t.apply("configmaps/a", named("b"))


@case("apply needs a kind and a version")
def _(t):
    t.apply("configmaps/a", {"kind": "", "apiVersion": "",
                             "metadata": {"name": "a"}}, show="reason")


@case("apply of another kind is refused")
def _(t):
    t.apply("configmaps/a", {"kind": "Secret", "apiVersion": "v1",
                             "metadata": {"name": "a"}}, show="reason")


@case("apply takes YAML")
def _(t):
    t.apply("configmaps/a", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n"
            "  name: a\ndata:\n  k: v\n", show=DATA)


@case("apply of no YAML is a bad request")
def _(t):
    t.apply("configmaps/a", "a: b: c\n", show="reason")


@case("apply with a UID finds only its object")
def _(t):
    made = t.made("configmaps", named("a"))
    t.apply("configmaps/a", {"metadata": {
        "name": "a", "uid": made["metadata"]["uid"]}}, show="metadata.uid")
    t.apply("configmaps/a", {"metadata": {"name": "a", "uid": "other"}})
    t.apply("configmaps/b", {"metadata": {"name": "b", "uid": "other"}})


@case("apply with a version is guarded by it")
def _(t):
    made = t.made("configmaps", named("a"))
    version = made["metadata"]["resourceVersion"]
    body = {"metadata": {"name": "a", "resourceVersion": version},
            "data": {"k": "1"}}
    t.apply("configmaps/a", body, show="data")
    t.apply("configmaps/a", {**body, "data": {"k": "2"}})
    t.apply("configmaps/b", {"metadata": {"name": "b",
                                          "resourceVersion": version}})


@case("cleared managedFields are forgotten")
def _(t):
    t.apply("configmaps/a", config(k="v"), show="code")
    t.patch("configmaps/a", {"metadata": {"managedFields": [{}]}}, show=DATA)
    t.apply("configmaps/a", config(k="w"), "two", show=DATA)


@case("an update of what nobody manages manages what it changes")
def _(t):
    t.apply("configmaps/a", config(k="v"), show="code")
    t.patch("configmaps/a", {"metadata": {"managedFields": [{}]}},
            show="code")
    t.patch("configmaps/a", {"data": {"l": "w"}}, show=DATA)


@case("an empty list of managedFields clears them, too")
def _(t):
    t.apply("configmaps/a", config(k="v"), show="code")
    t.patch("configmaps/a", {"metadata": {"managedFields": []}}, show=DATA)
    made = t.made("configmaps", named("b", data={"k": "v"}))
    made["metadata"]["managedFields"] = []
    t.put("configmaps/b", made, show=DATA)
    t.patch("configmaps/b", {"metadata": {"managedFields": None}}, show=DATA)


@case("managedFields may be rewritten by an update")
def _(t):
    made = t.apply("configmaps/a", config(k="v"), show="code").body
    made["metadata"]["managedFields"][0]["manager"] = "renamed"
    t.put("configmaps/a", made, show=DATA)


@case("bad managedFields are refused")
def _(t):
    made = t.made("configmaps", config(k="v"))
    made["metadata"]["managedFields"][0]["operation"] = "Twist"
    t.put("configmaps/a", made, show="reason")


# Lists in custom objects, by what the schema says of them.
LISTS = {
    "a list by name is merged": (
        {"byName": [{"name": "x", "value": "1"}]},
        {"byName": [{"name": "y", "value": "2"}]}),
    "an item of a list by name is shared": (
        {"byName": [{"name": "x", "value": "1"}]},
        {"byName": [{"name": "x"}]}),
    "an item of a list by name is fought for": (
        {"byName": [{"name": "x", "value": "1"}]},
        {"byName": [{"name": "x", "value": "2"}]}),
    "a set is united": ({"tags": ["a", "b"]}, {"tags": ["b", "c"]}),
    "an atomic list is owned whole": (
        {"whole": ["a"]}, {"whole": ["a", "b"]}),
    "a plain list is owned whole": ({"plain": ["a"]}, {"plain": ["b"]}),
    "an atomic map is owned whole": (
        {"atom": {"a": "1"}}, {"atom": {"b": "2"}}),
    "a map is owned by key": (
        {"labels": {"a": "1"}}, {"labels": {"b": "2"}}),
    "unknown fields are owned by name": (
        {"free": {"a": {"b": 1}}}, {"free": {"a": {"c": 2}}}),
    "a nested object is owned by leaf": (
        {"deep": {"name": "x"}}, {"deep": {"level": 9}}),
}


def enter_list(words, first, second):
    @case(f"of two who apply, {words}")
    def _(t):
        t.apply("things.shared/a", thing("a", **first), "one", show=SPEC)
        t.apply("things.shared/a", thing("a", **second), "two", show=SPEC)
        t.apply("things.shared/a", thing("a"), "one", show="spec")


for name, two in LISTS.items():
    enter_list(name, *two)


@case("a list by name needs its names")
def _(t):
    t.apply("things.shared/a", thing("a", byName=[{"value": "1"}]),
            show="reason")


@case("a list by name takes no name twice")
def _(t):
    t.apply("things.shared/a", thing("a", byName=[
        {"name": "x"}, {"name": "x"}]), show="reason")
    t.post("things.shared", thing("a", byName=[{"name": "x"}, {"name": "x"}]))


@case("apply refuses unknown fields of a custom object")
def _(t):
    t.apply("things.shared/a", thing("a", nonsense=1), show="reason")


@case("apply to a status is a manager of its own")
def _(t):
    t.apply("things.shared/a", thing("a", text="x"), "one", show="code")
    t.apply("things.shared/a/status", thing("a", {"phase": "Up"}), "one",
            show=SPEC)
    t.apply("things.shared/a/status", thing("a", {"count": 1}), "one",
            show=SPEC)


@case("apply to a status cannot create")
def _(t):
    t.apply("things.shared/a/status", thing("a", {"phase": "Up"}))


@case("apply leaves a status alone")
def _(t):
    t.apply("things.shared/a", thing("a", {"phase": "Up"}, text="x"),
            show=SPEC)


@case("conditions of two managers are merged by type")
def _(t):
    t.made("things.shared", thing("a"))
    for manager in ("one", "two"):
        t.apply("things.shared/a/status", thing("a", {"conditions": [
            {"type": manager, "status": "True"}]}), manager, show="status")
    t.apply("things.shared/a/status", thing("a", {"conditions": []}), "one",
            show="status")


@case("labels and finalizers are owned one by one")
def _(t):
    t.apply("configmaps/a", {"metadata": {
        "name": "a", "labels": {"a": "1"}, "finalizers": ["x.example/a"]}},
        "one", show="code")
    t.apply("configmaps/a", {"metadata": {
        "name": "a", "labels": {"b": "1"}, "finalizers": ["x.example/b"]}},
        "two", show=DATA + " metadata.finalizers")
    t.apply("configmaps/a", named("a"), "one",
            show=DATA + " metadata.finalizers")


@case("owners are owned by UID")
def _(t):
    for number, manager in enumerate(("one", "two")):
        owner = t.made("configmaps", named(f"o{number}"))
        t.apply("configmaps/a", {"metadata": {"name": "a", "ownerReferences": [
            {"apiVersion": "v1", "kind": "ConfigMap", "name": f"o{number}",
             "uid": owner["metadata"]["uid"]}]}}, manager,
            show=DATA + " metadata.ownerReferences.[].name")


@case("an applied CronJob owns its template by path")
def _(t):
    t.apply("cronjobs/a", named("a", spec={
        "schedule": "0 0 1 1 *", "suspend": True, "jobTemplate": {"spec": {
            "template": {"spec": {
                "restartPolicy": "Never", "containers": [{
                    "name": "c", "image": "i", "args": ["a"],
                    "env": [{"name": "X", "value": "1"}],
                    "volumeMounts": [{"name": "v", "mountPath": "/v"}],
                    "ports": [{"containerPort": 80}]}],
                "volumes": [{"name": "v", "emptyDir": {}}],
                "tolerations": [{"key": "a"}]}}}}}), show="owners")


@case("an updated CronJob's defaults are owned by nobody else")
def _(t):
    t.post("cronjobs", named("a", spec={
        "schedule": "0 0 1 1 *", "suspend": True, "jobTemplate": {"spec": {
            "template": {"spec": {
                "restartPolicy": "Never",
                "containers": [{"name": "c", "image": "i"}]}}}}}),
        show="owners")


@case("an applied Lease is owned by field")
def _(t):
    t.apply("leases/a", named("a", spec={
        "holderIdentity": "x", "leaseDurationSeconds": 15}), show=DATA)
    t.patch("leases/a", {"spec": {"holderIdentity": "y"}},
            fieldManager="other", show="spec owners")


@case("an applied PersistentVolumeClaim is owned by field")
def _(t):
    t.apply("persistentvolumeclaims/a", named("a", spec={
        "accessModes": ["ReadWriteOnce"], "storageClassName": "none",
        "resources": {"requests": {"storage": "1Gi"}}}),
        show=SPEC)


@case("apply reaches what is being deleted")
def _(t):
    t.made("configmaps", {"metadata": {"name": "a",
                                       "finalizers": ["x.example/a"]}})
    t.done("DELETE", "configmaps/a")
    t.apply("configmaps/a", config(k="v"), "one", show="data")
