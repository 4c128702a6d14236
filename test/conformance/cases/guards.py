"""Preconditions, finalizers, and the ways in which things are deleted."""

from case import case, named

STATE = "metadata.uid metadata.finalizers metadata.deletionTimestamp " \
    "metadata.deletionGracePeriodSeconds metadata.resourceVersion"
OLD = {"resourceVersion": "1"}


def held(name="a"):
    return {"metadata": {"name": name, "finalizers": ["x.example/hold"]}}


@case("a replacement with an old version is a conflict")
def _(t):
    made = t.made("configmaps", named("a"))
    t.put("configmaps/a", made | {"data": {"k": "1"}}, show="data")
    t.put("configmaps/a", made | {"data": {"k": "2"}})


@case("a replacement with another UID is a conflict")
def _(t):
    t.made("configmaps", named("a"))
    t.put("configmaps/a", {"metadata": {
        "name": "a", "uid": "11111111-2222-3333-4444-555555555555"}})


@case("a replacement with a version that is no number is refused")
def _(t):
    t.made("configmaps", named("a"))
    t.put("configmaps/a", {"metadata": {"name": "a",
                                        "resourceVersion": "x"}},
          show="reason")


@case("a replacement with another name is a bad request")
def _(t):
    t.made("configmaps", named("a"))
    t.put("configmaps/a", named("b"))


@case("a replacement with another namespace is a bad request")
def _(t):
    t.made("configmaps", named("a"))
    t.put("configmaps/a", {"metadata": {"name": "a", "namespace": "none"}})


@case("a replacement without a name takes the one of the path")
def _(t):
    t.made("configmaps", named("a"))
    t.put("configmaps/a", {"metadata": {}})


@case("a creation in another namespace than the path's is refused")
def _(t):
    t.post("configmaps", {"metadata": {"name": "a", "namespace": "none"}})


@case("a creation in an absent namespace is refused")
def _(t):
    t.post("other:configmaps", named("a"))


@case("a creation with a version is refused")
def _(t):
    t.post("configmaps", {"metadata": {"name": "a", **OLD}})


@case("a creation with a UID gets another")
def _(t):
    t.post("configmaps", {"metadata": {
        "name": "a", "uid": "11111111-2222-3333-4444-555555555555"}},
        show="metadata.uid")


@case("what only the server sets is not taken from a creation")
def _(t):
    t.post("configmaps", {"metadata": {
        "name": "a", "creationTimestamp": "2001-01-01T00:00:00Z",
        "generation": 7, "deletionTimestamp": "2001-01-01T00:00:00Z",
        "deletionGracePeriodSeconds": 5, "selfLink": "/x"}})


@case("a Lease is not replaced without its version")
def _(t):
    t.made("leases", named("a"))
    t.put("leases/a", named("a", spec={"holderIdentity": "x"}))


@case("a replacement makes an absent Lease")
def _(t):
    t.put("leases/a", named("a", spec={"holderIdentity": "x"}))


@case("a replacement with a UID makes no absent Lease")
def _(t):
    t.put("leases/a", {"metadata": {
        "name": "a", "uid": "11111111-2222-3333-4444-555555555555"}})


@case("a replacement with a version makes an absent Lease")
def _(t):
    t.put("leases/a", {"metadata": {"name": "a", **OLD}}, show="reason")


@case("a custom object is not replaced without its version")
def _(t):
    body = {"apiVersion": "shared.conformance.example/v1", "kind": "Thing",
            "metadata": {"name": "a"}, "spec": {}}
    t.made("things.shared", body)
    t.put("things.shared/a", body)


@case("a deletion with the right UID goes through")
def _(t):
    made = t.made("configmaps", named("a"))
    uid = made["metadata"]["uid"]
    t.delete("configmaps/a", {"preconditions": {"uid": uid}})


@case("a deletion with another UID is a conflict")
def _(t):
    made = t.made("configmaps", named("a"))
    t.transcript.plain(made)
    t.delete("configmaps/a", {"preconditions": {
        "uid": "11111111-2222-3333-4444-555555555555"}})


@case("a deletion with an old version is a conflict")
def _(t):
    t.made("configmaps", named("a"))
    t.delete("configmaps/a", {"preconditions": OLD})


@case("a deletion with the newest version goes through")
def _(t):
    made = t.made("configmaps", named("a"))
    t.delete("configmaps/a", {"preconditions": {
        "resourceVersion": made["metadata"]["resourceVersion"]}})


@case("a finalizer keeps a deleted object")
def _(t):
    t.made("configmaps", held())
    t.delete("configmaps/a", show=STATE)
    t.get("configmaps/a", show=STATE)
    t.delete("configmaps/a", show=STATE)
    t.patch("configmaps/a", {"metadata": {"finalizers": None}}, show=STATE)
    t.get("configmaps/a")


@case("what is being deleted may be changed")
def _(t):
    t.made("configmaps", held())
    t.done("DELETE", "configmaps/a")
    t.patch("configmaps/a", {"data": {"k": "v"}}, show="data")


@case("what is being deleted gets no new finalizer")
def _(t):
    t.made("configmaps", held())
    t.done("DELETE", "configmaps/a")
    t.patch("configmaps/a", {"metadata": {"finalizers": [
        "x.example/hold", "x.example/more"]}})


@case("the name of what is being deleted stays taken")
def _(t):
    t.made("configmaps", held())
    t.done("DELETE", "configmaps/a")
    t.post("configmaps", named("a"))


@case("a finalizer needs a domain")
def _(t):
    t.post("configmaps", {"metadata": {"name": "a", "finalizers": ["hold"]}})
    t.post("configmaps", {"metadata": {"name": "a",
                                       "finalizers": ["not valid/x y"]}})


@case("a dry-run deletion deletes nothing")
def _(t):
    t.made("configmaps", named("a"))
    t.delete("configmaps/a", {"dryRun": ["All"]}, show="status")
    t.delete("configmaps/a", dryRun="All", show="status")
    t.get("configmaps/a", show="code")


@case("an unknown propagation is refused")
def _(t):
    t.made("configmaps", named("a"))
    t.delete("configmaps/a", {"propagationPolicy": "Sideways"})
    t.delete("configmaps/a", propagationPolicy="Sideways")


@case("two words on dependents are refused")
def _(t):
    t.made("configmaps", named("a"))
    t.delete("configmaps/a", {"propagationPolicy": "Orphan",
                              "orphanDependents": True})


@case("a negative grace period is refused")
def _(t):
    t.made("pods", named("a", spec={"containers": [
        {"name": "a", "image": "i"}]}))
    t.delete("pods/a", {"gracePeriodSeconds": -1}, show="kind")


@case("DeleteOptions of another kind are refused")
def _(t):
    t.made("configmaps", named("a"))
    t.delete("configmaps/a", {"kind": "Pod", "apiVersion": "v1"},
             show="reason")


@case("DeleteOptions that are no JSON are refused")
def _(t):
    t.made("configmaps", named("a"))
    t.delete("configmaps/a", "{no", show="reason")


@case("a foreground deletion waits as a finalizer")
def _(t):
    t.made("configmaps", held())
    t.delete("configmaps/a", {"propagationPolicy": "Foreground"}, show=STATE)


@case("an orphaning deletion waits as a finalizer")
def _(t):
    t.made("configmaps", held())
    t.delete("configmaps/a", {"propagationPolicy": "Orphan"}, show=STATE)


@case("a foreground deletion without dependents comes to its end")
def _(t):
    t.made("configmaps", named("a"))
    t.delete("configmaps/a", {"propagationPolicy": "Foreground"}, show=STATE)
    t.until_gone("configmaps/a")


@case("an orphaning deletion without dependents comes to its end")
def _(t):
    t.made("configmaps", named("a"))
    t.delete("configmaps/a", {"propagationPolicy": "Orphan"},
             show="metadata.finalizers status")
    t.until_gone("configmaps/a")


@case("a pod without a node is gone at once")
def _(t):
    t.made("pods", named("a", spec={"containers": [
        {"name": "a", "image": "i"}]}))
    t.delete("pods/a", show="metadata.name "
             "metadata.deletionGracePeriodSeconds spec.nodeName")
    t.get("pods/a", show="reason")


@case("a pod on a node waits for its kubelet")
def _(t):
    t.made("pods", named("a", spec={"nodeName": "far", "containers": [
        {"name": "a", "image": "i"}]}))
    t.delete("pods/a", show="metadata.deletionGracePeriodSeconds")
    t.delete("pods/a", {"gracePeriodSeconds": 5},
             show="metadata.deletionGracePeriodSeconds")
    t.delete("pods/a", {"gracePeriodSeconds": 60},
             show="metadata.deletionGracePeriodSeconds")
    t.delete("pods/a", {"gracePeriodSeconds": 0}, show="metadata.name")
    t.get("pods/a", show="reason")


@case("a finished pod on a node is gone at once")
def _(t):
    t.made("pods", named("a", spec={"nodeName": "far", "containers": [
        {"name": "a", "image": "i"}]}))
    t.done("PATCH", "pods/a/status", {"status": {"phase": "Succeeded"}})
    t.delete("pods/a", show="metadata.deletionGracePeriodSeconds")
    t.get("pods/a", show="reason")


@case("a collection is deleted by its labels")
def _(t):
    for name, label in (("a", "x"), ("b", "x"), ("c", "y")):
        t.made("secrets", {"metadata": {"name": name,
                                        "labels": {"of": label}}})
    t.delete("secrets", labelSelector="of=x", show="kind items.[]."
             "metadata.name")
    t.get("secrets", show="items.[].metadata.name")
    t.delete("secrets", show="kind items.[].metadata.name")
    t.get("secrets", show="items.[].metadata.name")


@case("a collection is deleted by its fields")
def _(t):
    for name in "abc":
        t.made("secrets", named(name))
    t.delete("secrets", fieldSelector="metadata.name=b",
             show="items.[].metadata.name")
    t.get("secrets", show="items.[].metadata.name")


@case("a deleted collection leaves what a finalizer holds")
def _(t):
    t.made("leases", held("a"))
    t.made("leases", named("b"))
    t.delete("leases", show="items.[].metadata.name")
    t.get("leases", show="items.[].metadata.name")


@case("a dry-run deletion of a collection deletes nothing")
def _(t):
    t.made("secrets", named("a"))
    t.delete("secrets", dryRun="All", show="items.[].metadata.name")
    t.get("secrets", show="items.[].metadata.name")


@case("namespaces are not deleted as a collection")
def _(t):
    t.delete("namespaces", labelSelector="none=none")


@case("a deleted namespace takes its objects along")
def _(t):
    t.other_namespace()
    t.made("other:secrets", named("a"))
    t.delete(f"namespaces/{t.other}", show="kind status.phase "
             "spec.finalizers")
    t.until_gone("other:secrets/a", show="reason")
    t.until_gone(f"namespaces/{t.other}", show="reason")


@case("nothing is made in a namespace that is being deleted")
def _(t):
    t.other_namespace()
    t.made("other:configmaps", held())
    t.done("DELETE", f"namespaces/{t.other}")
    t.post("other:configmaps", named("b"))
    t.until("its content is told", f"namespaces/{t.other}", lambda a:
            len((a.body or {}).get("status", {}).get("conditions", [])) == 5,
            show="status.phase status.conditions.[].type "
            "status.conditions.[].status status.conditions.[].reason "
            "status.conditions.[].message")
    t.done("PATCH", "other:configmaps/a", {"metadata": {"finalizers": None}})
    t.until_gone(f"namespaces/{t.other}", show="reason")


@case("a namespace's own finalizer is set by the server")
def _(t):
    t.post("namespaces", {"metadata": {"name": t.other}},
           show="metadata.labels spec status")
