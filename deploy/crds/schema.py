"""Pieces of OpenAPI v3 schema that the CustomResourceDefinitions share.

Only shapes and words, and the frame around a kind: `maintenance` and
`replication` put them together. The pod types are those of the Kubernetes API,
written without their documentation.
"""

SCHEDULE_NOTE = ("A schedule is five cron fields or a descriptor such as "
                 "@daily; H picks a value from the repository's hash.")
# An amount: what the API server reads as a quantity, without a minus.
QUANTITY = (r"^\+?([0-9]+(\.[0-9]*)?|\.[0-9]+)"
            r"([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]{1,3})?$")
# The names of objects, of StorageClasses too.
NAME = (r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
        r"(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
LONGEST_NAME = 253
# One folder below /mnt: no slash, no two dots in a row, not empty.
FOLDER = r"^(\.?[^./])+\.?$"
ACCESS_MODES = ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany",
                "ReadWriteOncePod"]
# What kube-apiserver accepts in a CronJob's timeZone, short of loading it.
TIME_ZONE = r"^[A-Za-z0-9._+-]{1,14}(/[A-Za-z0-9._+-]{1,14})*$"
IDENTITY = r"^[a-zA-Z0-9][a-zA-Z0-9._-]*[a-zA-Z0-9]$|^[a-zA-Z0-9]$"


def told(about, schema):
    """The schema with a description in front."""
    return {"description": about, **schema} if about else schema


def text(about=None, **more):
    return told(about, {"type": "string", **more})


def flag(about=None, **more):
    return told(about, {"type": "boolean", **more})


def int32(about=None, **more):
    return told(about, {"type": "integer", "format": "int32", **more})


def int64(about=None, **more):
    return told(about, {"type": "integer", "format": "int64", **more})


def moment(about=None):
    return text(about, format="date-time")


def quantity(about=None):
    return told(about, {
        "anyOf": [{"type": "integer"}, {"type": "string"}],
        "minimum": 0,
        "pattern": QUANTITY,
        "x-kubernetes-int-or-string": True,
    })


def name(about=None):
    """The name of an object that has to be given."""
    return text(about, maxLength=LONGEST_NAME, minLength=1,
                pattern=f"^{NAME}$")


def optional_name(about=None):
    """Templates write an empty text where they mean none."""
    return text(about, maxLength=LONGEST_NAME, pattern=f"^({NAME})?$")


def struct(properties, required=(), about=None, **more):
    schema = {"type": "object"}
    if required:
        schema["required"] = list(required)
    schema["properties"] = properties
    return told(about, {**schema, **more})


def array(items, about=None, **more):
    return told(about, {"type": "array", "items": items, **more})


def atomic(items, about=None):
    return array(items, about, **{"x-kubernetes-list-type": "atomic"})


def keyed(items, *keys, about=None):
    return array(items, about, **{
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": list(keys),
    })


def strings(about=None, **more):
    return array(text(), about, **more)


def access_modes(about=None, **more):
    return array(text(enum=ACCESS_MODES), about, **more)


def mapping(values, about=None):
    return told(about, {"type": "object", "additionalProperties": values})


def untouched(about):
    """A section that belongs to somebody else: every byte is kept."""
    return told(about, {
        "type": "object",
        "x-kubernetes-preserve-unknown-fields": True,
    })


# -- pod types ---------------------------------------------------------------


def resource_requirements(about=None):
    return struct({
        "claims": keyed(struct({"name": text(), "request": text()}, ["name"]),
                        "name"),
        "limits": mapping(quantity()),
        "requests": mapping(quantity()),
    }, about=about)


def _profile():
    return struct({"localhostProfile": text(), "type": text()}, ["type"])


def _runs_as():
    return {
        "appArmorProfile": _profile(),
        "runAsGroup": int64(),
        "runAsNonRoot": flag(),
        "runAsUser": int64(),
        "seLinuxOptions": struct({
            "level": text(), "role": text(), "type": text(), "user": text(),
        }),
        "seccompProfile": _profile(),
        "windowsOptions": struct({
            "gmsaCredentialSpec": text(),
            "gmsaCredentialSpecName": text(),
            "hostProcess": flag(),
            "runAsUserName": text(),
        }),
    }


def pod_security_context(about=None):
    return struct({
        **_runs_as(),
        "fsGroup": int64(),
        "fsGroupChangePolicy": text(),
        "seLinuxChangePolicy": text(),
        "supplementalGroups": atomic({"type": "integer", "format": "int64"}),
        "supplementalGroupsPolicy": text(),
        "sysctls": atomic(struct({"name": text(), "value": text()},
                                 ["name", "value"])),
    }, about=about)


def security_context(about=None):
    return struct({
        **_runs_as(),
        "allowPrivilegeEscalation": flag(),
        "capabilities": struct({
            "add": atomic(text()), "drop": atomic(text()),
        }),
        "privileged": flag(),
        "procMount": text(),
        "readOnlyRootFilesystem": flag(),
    }, about=about)


def tolerations(about=None):
    return array(struct({
        "effect": text(),
        "key": text(),
        "operator": text(),
        "tolerationSeconds": int64(),
        "value": text(),
    }), about)


def _expressions():
    return atomic(struct({
        "key": text(), "operator": text(), "values": atomic(text()),
    }, ["key", "operator"]))


def _label_selector():
    return struct({
        "matchExpressions": _expressions(),
        "matchLabels": mapping(text()),
    }, **{"x-kubernetes-map-type": "atomic"})


def _node_term():
    return struct({
        "matchExpressions": _expressions(),
        "matchFields": _expressions(),
    }, **{"x-kubernetes-map-type": "atomic"})


def _pod_term():
    return struct({
        "labelSelector": _label_selector(),
        "matchLabelKeys": atomic(text()),
        "mismatchLabelKeys": atomic(text()),
        "namespaceSelector": _label_selector(),
        "namespaces": atomic(text()),
        "topologyKey": text(),
    }, ["topologyKey"])


PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def _between_pods():
    return struct({
        PREFERRED: atomic(struct({
            "podAffinityTerm": _pod_term(), "weight": int32(),
        }, ["podAffinityTerm", "weight"])),
        REQUIRED: atomic(_pod_term()),
    })


def affinity(about=None):
    return struct({
        "nodeAffinity": struct({
            PREFERRED: atomic(struct({
                "preference": _node_term(), "weight": int32(),
            }, ["preference", "weight"])),
            REQUIRED: struct({
                "nodeSelectorTerms": atomic(_node_term()),
            }, ["nodeSelectorTerms"], **{"x-kubernetes-map-type": "atomic"}),
        }),
        "podAffinity": _between_pods(),
        "podAntiAffinity": _between_pods(),
    }, about=about)


def mover_volumes(about=None):
    key_to_path = struct({
        "key": text(), "mode": int32(), "path": text(),
    }, ["key", "path"])
    return array(struct({
        "mountPath": text("Name of the directory under /mnt; no slashes.",
                          pattern=FOLDER),
        "volumeSource": struct({
            "nfs": struct({
                "path": text(), "readOnly": flag(), "server": text(),
            }, ["path", "server"]),
            "persistentVolumeClaim": struct({
                "claimName": name(), "readOnly": flag(),
            }, ["claimName"]),
            "secret": struct({
                "defaultMode": int32(),
                "items": atomic(key_to_path),
                "optional": flag(),
                "secretName": optional_name(),
            }),
        }),
    }, ["mountPath", "volumeSource"]), about)


# -- what the kinds of this group share ----------------------------------------


def custom_ca(about=None):
    return struct({
        "configMapName": optional_name(
            "ConfigMap that holds the certificate."),
        "key": text("Key of the certificate; ca.crt when left out."),
        "secretName": optional_name(
            "Secret that holds the certificate; it wins over configMapName."),
    }, about=about)


def cache_options():
    return {
        "cacheAccessModes": access_modes(
            "Access modes of the cache volume."),
        "cacheCapacity": quantity("Size of kopia's cache."),
        "cacheStorageClassName": optional_name(
            "StorageClass of the cache volume."),
        "contentCacheSizeLimitMB": int32(
            "Limit of the content cache in MiB; 0 is unlimited.", minimum=0),
        "metadataCacheSizeLimitMB": int32(
            "Limit of the metadata cache in MiB; 0 is unlimited.",
            minimum=0),
    }


def time_zone():
    return text("Zone of both schedules, e.g. Europe/Berlin; when left out, "
                "that of a CRON_TZ= before schedule, or else the operator's "
                "--timezone.", pattern=TIME_ZONE)


def conditions():
    return keyed(struct({
        "lastTransitionTime": moment(),
        "message": text(maxLength=32768),
        "observedGeneration": int64(minimum=0),
        "reason": text(maxLength=1024, minLength=1,
                       pattern=r"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"),
        "status": text(enum=["True", "False", "Unknown"]),
        # Without a pattern: a type that an older operator wrote must not
        # block the writes of this one.
        "type": text(maxLength=316),
    }, ["lastTransitionTime", "message", "reason", "status", "type"]),
        "type", about="What is the case, one entry a type.")


def mover_status():
    return struct({
        "logs": text("The end of the mover's log."),
        "result": text(enum=["Successful", "Failed"]),
    }, about="The outcome of the last transfer.")


# -- the frame ---------------------------------------------------------------


def sorted_by_name(properties):
    return dict(sorted(properties.items()))


def column(name, path, kind="string", **more):
    return {"name": name, "type": kind, "jsonPath": path, **more}


def definition(kind, about, spec, status, columns, required=()):
    plural = kind.lower() + "s"
    root = struct({
        "apiVersion": text(),
        "kind": text(),
        "metadata": {"type": "object"},
        "spec": struct(sorted_by_name(spec), required, "What is wanted."),
        "status": struct(sorted_by_name(status), about="What is the case."),
    }, about=about)
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": plural + ".volsync.backube"},
        "spec": {
            "group": "volsync.backube",
            "names": {
                "kind": kind,
                "listKind": kind + "List",
                "plural": plural,
                "singular": kind.lower(),
            },
            "scope": "Namespaced",
            "versions": [{
                "name": "v1alpha1",
                "served": True,
                "storage": True,
                "subresources": {"status": {}},
                "additionalPrinterColumns": columns,
                "schema": {"openAPIV3Schema": root},
            }],
        },
    }
