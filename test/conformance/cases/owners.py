"""Garbage collection: what becomes of an object when its owners go."""

from case import case, named

GONE = {"metadata": {"finalizers": None}}


def reference(owner, kind="ConfigMap", version="v1", **more):
    return {"apiVersion": version, "kind": kind,
            "name": owner["metadata"]["name"],
            "uid": owner["metadata"]["uid"], **more}


def owned(name, *references, **more):
    return {"metadata": {"name": name, "ownerReferences": list(references),
                         **more}}


def owner_of(t, name="o", **more):
    return t.made("configmaps", {"metadata": {"name": name, **more}})


@case("a dependent goes after its owner")
def _(t):
    owner = owner_of(t)
    t.made("secrets", owned("a", reference(owner)))
    t.delete("configmaps/o", show="status")
    t.until_gone("secrets/a", show="reason")


@case("a dependent goes after its owner that was deleted in the background")
def _(t):
    owner = owner_of(t)
    t.made("secrets", owned("a", reference(owner)))
    t.delete("configmaps/o", {"propagationPolicy": "Background"},
             show="status")
    t.until_gone("secrets/a", show="reason")


@case("an orphan stays and forgets its owner")
def _(t):
    owner = owner_of(t)
    t.made("secrets", owned("a", reference(owner)))
    t.delete("configmaps/o", {"propagationPolicy": "Orphan"},
             show="metadata.finalizers")
    t.until_gone("configmaps/o", show="reason")
    t.get("secrets/a", show="metadata.name metadata.ownerReferences")


@case("a foreground deletion waits for dependents that block it")
def _(t):
    owner = owner_of(t)
    t.made("secrets", owned("a", reference(owner, blockOwnerDeletion=True),
                            finalizers=["x.example/hold"]))
    t.delete("configmaps/o", {"propagationPolicy": "Foreground"},
             show="metadata.finalizers")
    t.until("it is being deleted", "secrets/a",
            lambda a: a.body["metadata"].get("deletionTimestamp"))
    t.pause(2)
    t.get("configmaps/o", show="metadata.finalizers")
    t.done("PATCH", "secrets/a", GONE)
    t.until_gone("configmaps/o", show="reason")


@case("a foreground deletion does not wait for those that do not block it")
def _(t):
    owner = owner_of(t)
    t.made("secrets", owned("a", reference(owner),
                            finalizers=["x.example/hold"]))
    t.delete("configmaps/o", {"propagationPolicy": "Foreground"},
             show="metadata.finalizers")
    t.until_gone("configmaps/o", show="reason")
    t.until("it is being deleted", "secrets/a",
            lambda a: a.body["metadata"].get("deletionTimestamp"),
            show="metadata.ownerReferences metadata.finalizers")


@case("one of two owners is enough")
def _(t):
    first, second = owner_of(t, "o"), owner_of(t, "p")
    t.made("secrets", owned("a", reference(first), reference(second)))
    t.done("DELETE", "configmaps/o")
    t.until("it has one owner", "secrets/a",
            lambda a: len(a.body["metadata"]["ownerReferences"]) == 1,
            show="metadata.ownerReferences")
    t.done("DELETE", "configmaps/p")
    t.until_gone("secrets/a", show="reason")


@case("an owner of another UID is no owner")
def _(t):
    owner = owner_of(t)
    wrong = reference(owner) | {"uid": "11111111-2222-3333-4444-555555555555"}
    t.made("secrets", owned("a", wrong))
    t.until_gone("secrets/a", show="reason")


@case("an owner that never was is no owner")
def _(t):
    t.made("secrets", owned("a", {
        "apiVersion": "v1", "kind": "ConfigMap", "name": "none",
        "uid": "11111111-2222-3333-4444-555555555556"}))
    t.until_gone("secrets/a", show="reason")


@case("an owner in another namespace is no owner")
def _(t):
    t.other_namespace()
    owner = t.made("other:configmaps", named("o"))
    t.made("secrets", owned("a", reference(owner)))
    t.until_gone("secrets/a", show="reason")
    t.get("other:configmaps/o", show="metadata.name")


@case("of an owner in another namespace an Event tells")
def _(t):
    t.other_namespace()
    owner = t.made("other:configmaps", named("o"))
    t.made("secrets", owned("a", reference(owner),
                            finalizers=["x.example/hold"]))
    t.until("an Event tells", "events",
            lambda a: a.body["items"], show="items.[].reason items.[].type "
            "items.[].message items.[].involvedObject.kind "
            "items.[].involvedObject.name items.[].source")


@case("a cluster-wide owner owns across namespaces")
def _(t):
    name = t.ns
    owner = t.made("widethings.shared", {
        "apiVersion": "shared.conformance.example/v1", "kind": "WideThing",
        "metadata": {"name": name}, "spec": {}})
    t.made("secrets", owned("a", reference(
        owner, "WideThing", "shared.conformance.example/v1")))
    t.pause(3)
    t.get("secrets/a", show="metadata.name")
    t.done("DELETE", f"widethings.shared/{name}")
    t.until_gone("secrets/a", show="reason")


@case("a namespaced owner owns nothing that is cluster-wide")
def _(t):
    owner = owner_of(t)
    t.made("widethings.shared", {
        "apiVersion": "shared.conformance.example/v1", "kind": "WideThing",
        **owned(t.ns, reference(owner))})
    t.done("DELETE", "configmaps/o")
    t.pause(3)
    t.get(f"widethings.shared/{t.ns}", show="metadata.ownerReferences")


@case("an owner of an unknown kind keeps its dependents")
def _(t):
    t.made("secrets", owned("a", {
        "apiVersion": "none.example/v1", "kind": "None", "name": "o",
        "uid": "11111111-2222-3333-4444-555555555557"}))
    t.pause(3)
    t.get("secrets/a", show="metadata.name")


@case("a whole chain goes")
def _(t):
    owner = owner_of(t)
    middle = t.made("secrets", owned("m", reference(owner)))
    t.made("leases", owned("a", reference(middle, "Secret")))
    t.done("DELETE", "configmaps/o")
    t.until_gone("leases/a", show="reason")


@case("a chain is deleted in the foreground from its end")
def _(t):
    owner = owner_of(t)
    middle = t.made("secrets", owned(
        "m", reference(owner, blockOwnerDeletion=True)))
    t.made("leases", owned("a", reference(middle, "Secret",
                                          blockOwnerDeletion=True),
                           finalizers=["x.example/hold"]))
    t.done("DELETE", "configmaps/o", {"propagationPolicy": "Foreground"})
    t.until("it is being deleted", "leases/a",
            lambda a: a.body["metadata"].get("deletionTimestamp"))
    t.get("secrets/m", show="metadata.finalizers")
    t.done("PATCH", "leases/a", GONE)
    t.until_gone("configmaps/o", show="reason")


@case("a custom object owns as others do")
def _(t):
    owner = t.made("things.shared", {
        "apiVersion": "shared.conformance.example/v1", "kind": "Thing",
        "metadata": {"name": "o"}, "spec": {}})
    t.made("things.shared", {
        "apiVersion": "shared.conformance.example/v1", "kind": "Thing",
        **owned("a", reference(owner, "Thing",
                               "shared.conformance.example/v1")),
        "spec": {}})
    t.done("DELETE", "things.shared/o")
    t.until_gone("things.shared/a", show="reason")


# References that no object may have.
BAD = {
    "a name": {"apiVersion": "v1", "kind": "ConfigMap", "uid": "u"},
    "a UID": {"apiVersion": "v1", "kind": "ConfigMap", "name": "o"},
    "a kind": {"apiVersion": "v1", "name": "o", "uid": "u"},
    "a version": {"kind": "ConfigMap", "name": "o", "uid": "u"},
}


def enter_bad(words, bad):
    @case(f"an owner reference needs {words}")
    def _(t):
        t.post("secrets", owned("a", bad))


for each in BAD.items():
    enter_bad(*each)


@case("an object has one controller")
def _(t):
    t.post("secrets", owned("a", *(
        {"apiVersion": "v1", "kind": "ConfigMap", "name": name, "uid": name,
         "controller": True} for name in "op")))


@case("an Event owns nothing")
def _(t):
    t.post("secrets", owned("a", {"apiVersion": "v1", "kind": "Event",
                                  "name": "o", "uid": "u"}))
