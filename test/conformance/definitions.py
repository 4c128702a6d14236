"""The custom kinds that the cases share: things and wide things.

`things` has a schema with defaults, formats, lists of every sort and rules;
`widethings` is the same for the whole cluster. Data only; `run` installs them.
"""

import json

from case import SHARED as GROUP

LISTS = {
    "byName": {"type": "array", "x-kubernetes-list-type": "map",
               "x-kubernetes-list-map-keys": ["name"],
               "items": {"type": "object", "required": ["name"],
                         "properties": {"name": {"type": "string"},
                                        "value": {"type": "string"},
                                        "size": {"type": "integer",
                                                 "default": 1}}}},
    "tags": {"type": "array", "x-kubernetes-list-type": "set",
             "items": {"type": "string"}},
    "whole": {"type": "array", "x-kubernetes-list-type": "atomic",
              "items": {"type": "string"}},
    "plain": {"type": "array", "items": {"type": "string"}},
}

SPEC = {
    "type": "object",
    "properties": {
        "text": {"type": "string", "maxLength": 10},
        "match": {"type": "string", "pattern": "^[a-z]+$"},
        "number": {"type": "integer", "minimum": 0, "maximum": 100},
        "small": {"type": "integer", "format": "int32"},
        "ratio": {"type": "number"},
        "yes": {"type": "boolean"},
        "when": {"type": "string", "format": "date-time"},
        "choice": {"type": "string", "enum": ["A", "B"]},
        "either": {"x-kubernetes-int-or-string": True},
        "free": {"type": "object",
                 "x-kubernetes-preserve-unknown-fields": True},
        "labels": {"type": "object",
                   "additionalProperties": {"type": "string"}},
        "maybe": {"type": "string", "nullable": True},
        "with": {"type": "string", "default": "this"},
        "deep": {"type": "object", "default": {},
                 "properties": {"level": {"type": "integer", "default": 3},
                                "name": {"type": "string"}}},
        "strict": {"type": "object", "required": ["a"],
                   "properties": {"a": {"type": "string"},
                                  "b": {"type": "string"}}},
        "atom": {"type": "object", "x-kubernetes-map-type": "atomic",
                 "properties": {"a": {"type": "string"},
                                "b": {"type": "string"}}},
        "replicas": {"type": "integer"},
        **LISTS,
    },
}


def definition(plural, kind, scope, group=GROUP, spec=None, **version):
    """A CustomResourceDefinition with one version."""
    schema = {"type": "object", "properties": {
        "spec": spec or SPEC,
        "status": {"type": "object", "properties": {
            "phase": {"type": "string"}, "count": {"type": "integer"},
            "conditions": {
                "type": "array", "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["type"],
                "items": {"type": "object", "required": ["type"],
                          "properties": {
                              "type": {"type": "string"},
                              "status": {"type": "string"}}}}}}}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group, "scope": scope,
            "names": {"plural": plural, "kind": kind,
                      "singular": kind.lower()},
            "versions": [{"name": "v1", "served": True, "storage": True,
                          "schema": {"openAPIV3Schema": schema},
                          "subresources": {"status": {}}, **version}]},
    }


COLUMNS = [{"name": "Text", "type": "string", "jsonPath": ".spec.text"},
           {"name": "Number", "type": "integer", "jsonPath": ".spec.number"},
           {"name": "Ready", "type": "string", "priority": 1,
            "jsonPath": ".status.conditions[?(@.type==\"Ready\")].status"},
           {"name": "Age", "type": "date",
            "jsonPath": ".metadata.creationTimestamp"}]

SHARED = [json.dumps(each) for each in (
    definition("things", "Thing", "Namespaced",
               additionalPrinterColumns=COLUMNS),
    definition("widethings", "WideThing", "Cluster"))]
SHARED_PATHS = [f"/apis/{GROUP}/v1/{plural}"
                for plural in ("things", "widethings")]
