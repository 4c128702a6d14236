"""Custom kinds: definitions, schemas, defaults, pruning, subresources."""

import json

from case import case
from definitions import definition

SHOWN = "spec status metadata.generation"
API = "shared.conformance.example/v1"


def thing(name="a", **spec):
    return {"apiVersion": API, "kind": "Thing", "metadata": {"name": name},
            "spec": spec}


def own(t, name="a", **more):
    return {"apiVersion": f"{t.group}/v1", "kind": "Owned",
            "metadata": {"name": name}, **more}


def define(t, spec, **more):
    """A definition that is this case's alone."""
    t.made("customresourcedefinitions", definition(
        "owneds", "Owned", "Namespaced", t.group, spec, **more))
    t.until("it is served", "owneds.own", lambda a: a.ok)


@case("a custom object is answered whole")
def _(t):
    t.post("things.shared", thing(text="x"))
    t.get("things.shared/a")


@case("a custom object's deletion is answered as a Status")
def _(t):
    t.made("things.shared", thing())
    t.delete("things.shared/a")


@case("an absent custom object is not found")
def _(t):
    t.get("things.shared/none")
    t.delete("things.shared/none")
    t.patch("things.shared/none", {"spec": {}})


@case("defaults are filled in")
def _(t):
    t.post("things.shared", thing(byName=[{"name": "x"}]), show=SHOWN)
    t.post("things.shared", thing("b", **{"with": "that", "deep": {
        "name": "y"}}), show=SHOWN)


@case("a null takes the default")
def _(t):
    t.post("things.shared", thing(**{"with": None, "maybe": None}),
           show=SHOWN)


@case("unknown fields are pruned")
def _(t):
    t.post("things.shared", thing(nonsense=1, deep={"odd": 2}), show=SHOWN)


@case("unknown fields are kept where the schema says so")
def _(t):
    t.post("things.shared", thing(free={"any": {"thing": [1, "x"]}}),
           show=SHOWN)


@case("unknown fields are refused when the client is strict")
def _(t):
    t.post("things.shared", thing(nonsense=1, deep={"odd": 2}),
           fieldValidation="Strict")


@case("unknown fields are warned of when the client wants it")
def _(t):
    t.post("things.shared", thing(nonsense=1, deep={"odd": 2}),
           fieldValidation="Warn", show=SHOWN)


@case("unknown fields are passed over when the client wants it")
def _(t):
    t.post("things.shared", thing(nonsense=1), fieldValidation="Ignore",
           show=SHOWN)


@case("a word on unknown fields is one of three")
def _(t):
    t.post("things.shared", thing(), fieldValidation="Sometimes")


@case("unknown fields of a built-in kind are refused when strict")
def _(t):
    t.post("configmaps", {"metadata": {"name": "a"}, "nonsense": 1},
           fieldValidation="Strict")
    t.post("configmaps", {"metadata": {"name": "b"}, "nonsense": 1},
           fieldValidation="Warn", show="data")


VALUES = {
    "a text that is too long": {"text": "12345678901"},
    "a text that is no text": {"text": 5},
    "a text against its pattern": {"match": "A1"},
    "a number that is too large": {"number": 101},
    "a number that is too small": {"number": -1},
    "a number that is no integer": {"number": 1.5},
    "a number that is a text": {"number": "5"},
    "a number beyond its format": {"small": 3000000000},
    "a fraction": {"ratio": 0.25},
    "a boolean that is a text": {"yes": "true"},
    "a time": {"when": "2026-01-02T03:04:05Z"},
    "a time that is none": {"when": "yesterday"},
    "a choice": {"choice": "A"},
    "a choice that is none": {"choice": "C"},
    "an int or string that is a number": {"either": 5},
    "an int or string that is a text": {"either": "5%"},
    "an int or string that is neither": {"either": True},
    "a map with a wrong value": {"labels": {"a": 1}},
    "an object without what is required": {"strict": {"b": "1"}},
    "an object that is a list": {"deep": []},
    "a list that is an object": {"plain": {}},
    "a set with an item twice": {"tags": ["a", "a"]},
    "a list by name without a name": {"byName": [{"value": "1"}]},
}


def enter_value(words, spec):
    @case(f"the schema judges {words}")
    def _(t):
        t.post("things.shared", thing(**spec), show="spec")


for each in VALUES.items():
    enter_value(*each)


@case("the schema tells all that is bad at once")
def _(t):
    bad = t.post("things.shared", thing(text=5, number=101, choice="C"),
                 show="reason")
    t.note("fields", sorted(each["field"] for each in
                            bad.body["details"]["causes"]))


@case("a generation counts changes of the spec")
def _(t):
    t.post("things.shared", thing(text="x"), show="metadata.generation")
    for patch in ({"spec": {"text": "y"}}, {"spec": {"text": "y"}},
                  {"metadata": {"labels": {"a": "b"}}},
                  {"status": {"phase": "Up"}}):
        t.patch("things.shared/a", patch, show=SHOWN)
    t.patch("things.shared/a/status", {"status": {"phase": "Up"}},
            show=SHOWN)


@case("a status is not written with the rest")
def _(t):
    t.post("things.shared", {**thing(text="x"), "status": {"phase": "Up"}},
           show=SHOWN)
    made = t.found("things.shared/a")
    t.put("things.shared/a", {**made, "status": {"phase": "Up"}}, show=SHOWN)


@case("the rest is not written with a status")
def _(t):
    made = t.made("things.shared", thing(text="x"))
    made["metadata"]["labels"] = {"a": "b"}
    made["metadata"]["annotations"] = {"a": "b"}
    t.put("things.shared/a/status", {
        **made, "spec": {"text": "y"}, "status": {"phase": "Up"}},
        show=SHOWN + " metadata.labels metadata.annotations")


@case("a status is judged by the schema")
def _(t):
    t.made("things.shared", thing())
    t.patch("things.shared/a/status", {"status": {"count": "x"}})


@case("a status is read alone")
def _(t):
    t.made("things.shared", thing())
    t.done("PATCH", "things.shared/a/status", {"status": {"phase": "Up"}})
    t.get("things.shared/a/status", show="kind spec status")


@case("a kind without a status subresource has none")
def _(t):
    define(t, {"type": "object", "properties": {}}, subresources={})
    t.post("owneds.own", own(t, status={"phase": "Up"}),
           show="status metadata.generation")
    t.patch("owneds.own/a/status", {"status": {"phase": "Down"}})
    t.patch("owneds.own/a", {"status": {"phase": "Down"}},
            show="status metadata.generation")


@case("a custom object of another kind is refused")
def _(t):
    t.post("things.shared", {**thing(), "kind": "Other"})
    t.post("things.shared", {**thing(), "apiVersion": "other.example/v1"})


@case("a custom object needs a kind")
def _(t):
    t.post("things.shared", {"metadata": {"name": "a"}}, show="reason")


@case("a custom object may lack a spec")
def _(t):
    t.post("things.shared", {"apiVersion": API, "kind": "Thing",
                             "metadata": {"name": "a"}}, show=SHOWN)


@case("what others stored stays valid while it is not touched")
def _(t):
    define(t, {"type": "object", "properties": {
        "text": {"type": "string"}, "more": {"type": "string"}}})
    t.made("owneds.own", own(t, spec={"text": "too long by far"}))
    t.done("PATCH", f"customresourcedefinitions/owneds.{t.group}", [
        {"op": "add", "value": 5, "path": "/spec/versions/0/schema/"
         "openAPIV3Schema/properties/spec/properties/text/maxLength"}],
        "json")
    long = json.dumps(own(t, "b", spec={"text": "too long"}))
    t.until("the limit holds", "owneds.own", lambda a: a.ok and t.server.ask(
        "POST", t.target("owneds.own", {"dryRun": "All"}), long,
        **{"Content-Type": "application/json"}).code == 422)
    t.patch("owneds.own/a", {"spec": {"more": "x"}}, show="spec")
    t.patch("owneds.own/a", {"spec": {"text": "still too long"}})
    t.patch("owneds.own/a", {"spec": {"text": "short"}}, show="spec")


@case("a stored field that is no longer known is not shown")
def _(t):
    define(t, {"type": "object", "properties": {
        "text": {"type": "string"}, "more": {"type": "string"}}})
    t.made("owneds.own", own(t, spec={"text": "x", "more": "y"}))
    t.done("PATCH", f"customresourcedefinitions/owneds.{t.group}", [
        {"op": "remove", "path": "/spec/versions/0/schema/"
         "openAPIV3Schema/properties/spec/properties/more"}], "json")
    t.until("the field is gone", "owneds.own/a",
            lambda a: "more" not in a.body["spec"], show="spec")


@case("a definition is answered with its names and conditions")
def _(t):
    t.post("customresourcedefinitions", definition(
        "owneds", "Owned", "Namespaced", t.group,
        {"type": "object"}), show="spec.names spec.conversion spec.scope")
    t.until("it is established",
            f"customresourcedefinitions/owneds.{t.group}", lambda a: [
                c["status"] for c in a.body["status"].get(
                    "conditions") or []] == ["True", "True"],
            show="status.acceptedNames status.storedVersions "
            "status.conditions.[].type status.conditions.[].reason "
            "metadata.generation")


def without(body, *path):
    at = body
    for part in path[:-1]:
        at = at[part]
    del at[path[-1]]
    return body


DEFINITIONS = {
    "needs a schema": lambda d: without(
        d, "spec", "versions", 0, "schema"),
    "needs its own name": lambda d: {**d, "metadata": {"name": "other"}},
    "needs a stored version": lambda d: d["spec"]["versions"][0].update(
        storage=False) or d,
    "needs versions": lambda d: d["spec"].update(versions=[]) or d,
    "needs a scope that is known": lambda d: d["spec"].update(
        scope="Everywhere") or d,
    "needs a kind": lambda d: without(d, "spec", "names", "kind"),
}


def enter_definition(words, spoil):
    @case(f"a definition {words}")
    def _(t):
        t.post("customresourcedefinitions", spoil(definition(
            "owneds", "Owned", "Namespaced", t.group, {"type": "object"})),
            show="reason")


for each in DEFINITIONS.items():
    enter_definition(*each)


@case("a deleted definition takes its objects along")
def _(t):
    define(t, {"type": "object"})
    t.made("owneds.own", own(t, spec={}))
    t.delete(f"customresourcedefinitions/owneds.{t.group}", show="kind")
    t.until_gone(f"customresourcedefinitions/owneds.{t.group}", show="reason")
    t.until_gone("owneds.own")
    define(t, {"type": "object"})
    t.get("owneds.own", show="items")


@case("a finalizer of an object keeps its definition")
def _(t):
    define(t, {"type": "object"})
    made = own(t, spec={})
    made["metadata"]["finalizers"] = ["x.example/hold"]
    t.made("owneds.own", made)
    t.done("DELETE", f"customresourcedefinitions/owneds.{t.group}")
    t.until("it is being deleted", "owneds.own/a",
            lambda a: a.body["metadata"].get("deletionTimestamp"))
    t.done("PATCH", "owneds.own/a", {"metadata": {"finalizers": None}})
    t.until_gone(f"customresourcedefinitions/owneds.{t.group}", show="reason")


@case("a scope and a group do not change")
def _(t):
    define(t, {"type": "object"})
    t.patch(f"customresourcedefinitions/owneds.{t.group}",
            {"spec": {"scope": "Cluster"}}, show="reason")
    t.patch(f"customresourcedefinitions/owneds.{t.group}",
            {"spec": {"group": "other.example"}}, show="reason")

