#!/usr/bin/env python3
"""What can be said about the manifests of deploy/ without a cluster.

That a real API server takes them is shown by the end-to-end test; here the
names have to fit together, the rights have to stay small, and the schemas have
to keep what other operators stored.
"""

import pathlib
import re
import subprocess
import sys
import unittest

import yaml

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"
OPERATOR_NAMESPACE = "volsync-system"
CLUSTER_SCOPED = {"Namespace", "ClusterRole", "ClusterRoleBinding",
                  "CustomResourceDefinition"}
OTHER_MOVERS = {"rclone", "restic", "rsync", "rsyncTLS", "syncthing",
                "external"}


def documents(folder):
    for path in sorted((DEPLOY / folder).glob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text()):
            yield path, document


def named(kind, name=None):
    found = [d for _, d in documents("operator") if d["kind"] == kind
             and name in (None, d["metadata"]["name"])]
    assert len(found) == 1, f"{len(found)} of {kind} {name}"
    return found[0]


def schema(plural):
    crd = yaml.safe_load((DEPLOY / "crds" / f"{plural}.yaml").read_text())
    version = crd["spec"]["versions"][0]
    return version["schema"]["openAPIV3Schema"]["properties"]


def nodes(node, path=""):
    """Every schema node with its path."""
    yield path, node
    for name, inner in node.get("properties", {}).items():
        yield from nodes(inner, f"{path}.{name}")
    if isinstance(node.get("items"), dict):
        yield from nodes(node["items"], path + "[]")
    if isinstance(node.get("additionalProperties"), dict):
        yield from nodes(node["additionalProperties"], path + "{}")


class crds(unittest.TestCase):
    plurals = ("replicationsources", "replicationdestinations",
               "kopiamaintenances")

    def test_the_files_are_what_the_generator_writes(self):
        done = subprocess.run([sys.executable, DEPLOY / "crds" / "generate",
                               "--check"], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (0, "", ""))

    def test_names_follow_from_the_kind(self):
        for path, crd in documents("crds"):
            names, group = crd["spec"]["names"], crd["spec"]["group"]
            self.assertEqual(group, "volsync.backube")
            self.assertEqual(path.stem, names["plural"])
            self.assertEqual(names["plural"], names["kind"].lower() + "s")
            self.assertEqual(crd["metadata"]["name"],
                             f"{names['plural']}.{group}")
            self.assertEqual(crd["spec"]["scope"], "Namespaced")

    def test_status_is_a_subresource(self):
        for _, crd in documents("crds"):
            for version in crd["spec"]["versions"]:
                self.assertEqual(version["name"], "v1alpha1")
                self.assertEqual(version["subresources"], {"status": {}})

    def test_every_node_of_a_schema_has_a_type(self):
        for plural in self.plurals:
            for section in ("spec", "status"):
                for path, node in nodes(schema(plural)[section], section):
                    self.assertTrue(
                        "type" in node
                        or node.get("x-kubernetes-int-or-string"),
                        f"{plural}: {path}")

    def test_conditions_merge_by_their_type(self):
        for plural in self.plurals:
            found = schema(plural)["status"]["properties"]["conditions"]
            self.assertEqual(found["x-kubernetes-list-type"], "map")
            self.assertEqual(found["x-kubernetes-list-map-keys"], ["type"])

    def test_sections_of_other_movers_keep_every_byte(self):
        for plural, missing in (("replicationsources", set()),
                                ("replicationdestinations", {"syncthing"})):
            for section in ("spec", "status"):
                fields = schema(plural)[section]["properties"]
                for mover in OTHER_MOVERS - missing:
                    self.assertEqual(
                        {k: v for k, v in fields[mover].items()
                         if k != "description"},
                        {"type": "object",
                         "x-kubernetes-preserve-unknown-fields": True})

    def test_an_absent_maintenance_block_stays_absent(self):
        kopia = schema("replicationsources")["spec"]["properties"]["kopia"]
        for node in (schema("replicationsources")["spec"], kopia,
                     kopia["properties"]["maintenanceCronJob"]):
            self.assertNotIn("default", node)

    def test_the_maintenance_block_has_the_documented_defaults(self):
        kopia = schema("replicationsources")["spec"]["properties"]["kopia"]
        block = kopia["properties"]["maintenanceCronJob"]["properties"]
        defaults = {k: v["default"] for k, v in block.items()
                    if "default" in v}
        self.assertEqual(defaults, {
            "enabled": True, "schedule": "0 2 * * *", "suspend": False,
            "successfulJobsHistoryLimit": 3, "failedJobsHistoryLimit": 1})
        self.assertLessEqual({"quickSchedule", "timeZone", "resources"},
                             block.keys())

    def test_no_schedule_is_refused_by_a_pattern(self):
        for plural in self.plurals:
            for path, node in nodes(schema(plural)["spec"], "spec"):
                if path.lower().endswith("schedule"):
                    self.assertNotIn("pattern", node, f"{plural}: {path}")

    def test_the_deprecated_schedule_is_not_defaulted(self):
        spec = schema("kopiamaintenances")["spec"]["properties"]
        self.assertNotIn("default", spec["schedule"])

    def test_columns_show_fields_that_exist(self):
        for _, crd in documents("crds"):
            root = schema(crd["spec"]["names"]["plural"])
            known = {path for section in ("spec", "status")
                     for path, _ in nodes(root[section], "." + section)}
            for entry in crd["spec"]["versions"][0][
                    "additionalPrinterColumns"]:
                path = entry["jsonPath"]
                if path.startswith(".metadata"):
                    continue
                before, _, after = path.partition("[?")
                if after:
                    before += "[]" + after[after.index(")]") + 2:]
                self.assertIn(before, known)


class operator(unittest.TestCase):
    def test_every_object_says_what_it_is(self):
        for path, document in documents("operator"):
            for field in ("apiVersion", "kind", "metadata"):
                self.assertIn(field, document, path.name)

    def test_namespaced_objects_live_in_the_operator_namespace(self):
        self.assertEqual(named("Namespace")["metadata"]["name"],
                         OPERATOR_NAMESPACE)
        for path, document in documents("operator"):
            namespace = document["metadata"].get("namespace")
            wanted = (None if document["kind"] in CLUSTER_SCOPED
                      else OPERATOR_NAMESPACE)
            self.assertEqual(namespace, wanted, path.name)

    def test_kustomization_lists_every_file(self):
        listed = yaml.safe_load(
            (DEPLOY / "kustomization.yaml").read_text())["resources"]
        there = [str(path.relative_to(DEPLOY)) for folder in
                 ("crds", "operator")
                 for path in sorted((DEPLOY / folder).glob("*.yaml"))]
        self.assertEqual(listed, there)

    def test_bindings_name_roles_and_accounts_that_exist(self):
        account = named("ServiceAccount")["metadata"]
        for kind in ("ClusterRoleBinding", "RoleBinding"):
            binding = named(kind)
            role = binding["roleRef"]
            self.assertEqual(role["kind"] + "Binding", kind)
            named(role["kind"], role["name"])
            self.assertEqual(binding["subjects"], [{
                "kind": "ServiceAccount", "name": account["name"],
                "namespace": account["namespace"]}])

    def test_the_deployment_uses_the_account_and_its_own_labels(self):
        deployment = named("Deployment", "volsync")["spec"]
        pod = deployment["template"]
        self.assertEqual(pod["spec"]["serviceAccountName"],
                         named("ServiceAccount")["metadata"]["name"])
        self.assertLessEqual(
            deployment["selector"]["matchLabels"].items(),
            pod["metadata"]["labels"].items())

    def test_the_metrics_service_reaches_the_container(self):
        service = named("Service", "volsync-metrics")
        self.assertEqual(
            service["metadata"]["labels"]["app.kubernetes.io/name"],
            "volsync-metrics")
        pod = named("Deployment")["spec"]["template"]
        self.assertLessEqual(service["spec"]["selector"].items(),
                             pod["metadata"]["labels"].items())
        container = pod["spec"]["containers"][0]
        ports = {p["name"]: p["containerPort"] for p in container["ports"]}
        self.assertEqual(ports, {"metrics": 8080})
        self.assertEqual(service["spec"]["ports"], [
            {"name": "metrics", "port": 8080, "targetPort": "metrics"}])
        for probe, path in (("livenessProbe", "/healthz"),
                            ("readinessProbe", "/readyz")):
            self.assertEqual(container[probe]["httpGet"],
                             {"path": path, "port": "metrics"})

    def test_the_container_can_do_nothing_but_its_work(self):
        pod = named("Deployment")["spec"]["template"]["spec"]
        container = pod["containers"][0]
        self.assertEqual(container["args"], ["operator"])
        self.assertEqual(container["securityContext"], {
            "allowPrivilegeEscalation": False, "privileged": False,
            "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}})
        self.assertTrue(pod["securityContext"]["runAsNonRoot"])
        self.assertEqual(pod["securityContext"]["seccompProfile"],
                         {"type": "RuntimeDefault"})

    def test_it_knows_its_namespace_and_name(self):
        container = named("Deployment")["spec"]["template"]["spec"][
            "containers"][0]
        fields = {e["name"]: e["valueFrom"]["fieldRef"]["fieldPath"]
                  for e in container["env"] if "valueFrom" in e}
        self.assertEqual(fields, {"POD_NAMESPACE": "metadata.namespace",
                                  "POD_NAME": "metadata.name"})


class rights(unittest.TestCase):
    @staticmethod
    def granted(kind):
        return {(resource, verb) for rule in named(kind)["rules"]
                for resource in rule["resources"] for verb in rule["verbs"]}

    def test_there_are_no_wildcards(self):
        for kind in ("ClusterRole", "Role"):
            for rule in named(kind)["rules"]:
                self.assertNotIn("*", rule["apiGroups"] + rule["resources"]
                                 + rule["verbs"])

    def test_cluster_wide_no_secret_and_no_volume_is_written(self):
        written = {(r, v) for r, v in self.granted("ClusterRole")
                   if v not in ("get", "list", "watch")}
        # A repository on a volume is maintained where that can be mounted.
        # The claim of a cache is beside the KopiaMaintenance that it is for.
        maintenance = {(r, v) for r in ("cronjobs", "jobs", "serviceaccounts",
                                        "persistentvolumeclaims")
                       for v in ("create", "patch", "delete")}
        self.assertEqual(written, maintenance | {
            ("cronjobs/status", "patch"), ("replicationsources/status", "patch"),
            ("kopiamaintenances/status", "patch"),
            # The fork's finalizer is removed.
            ("kopiamaintenances", "patch"),
            ("events", "create")})

    def test_one_service_account_is_written_and_no_other(self):
        for kind in ("ClusterRole", "Role"):
            for rule in named(kind)["rules"]:
                if "serviceaccounts" in rule["resources"]:
                    self.assertEqual(rule["resources"], ["serviceaccounts"])
                    self.assertEqual(rule["resourceNames"],
                                     ["volsync-kopia-maintenance"])

    def test_leases_of_other_namespaces_are_only_listed(self):
        self.assertEqual({v for r, v in self.granted("ClusterRole")
                          if r == "leases"}, {"list"})

    def test_volumes_are_read_one_by_one(self):
        self.assertEqual({v for r, v in self.granted("ClusterRole")
                          if r == "persistentvolumes"}, {"get"})

    def test_nothing_is_updated_by_put(self):
        for kind in ("ClusterRole", "Role"):
            self.assertNotIn("update", {v for _, v in self.granted(kind)})

    def test_what_is_applied_may_be_created(self):
        for kind, resources in (("Role", ("secrets", "leases")),
                                ("ClusterRole", ("cronjobs", "jobs",
                                                 "serviceaccounts",
                                                 "persistentvolumeclaims"))):
            for resource in resources:
                for verb in ("create", "patch", "delete"):
                    self.assertIn((resource, verb), self.granted(kind))


class chart(unittest.TestCase):
    def test_its_version_is_the_program_s(self):
        cmake = (DEPLOY.parent / "CMakeLists.txt").read_text()
        version = re.search(r"project\(holystone VERSION (\S+)", cmake)[1]
        about = yaml.safe_load((DEPLOY / "helm/Chart.yaml").read_text())
        self.assertEqual((about["version"], about["appVersion"]),
                         (version, version))


class options(unittest.TestCase):
    def setUp(self):
        self.found = {d["kind"]: d for _, d in documents("options")}

    def test_the_binding_names_its_policy(self):
        policy = self.found["ValidatingAdmissionPolicy"]
        binding = self.found["ValidatingAdmissionPolicyBinding"]
        self.assertEqual(binding["spec"]["policyName"],
                         policy["metadata"]["name"])

    def test_only_the_operator_of_this_installation_may_resume(self):
        spec = self.found["ValidatingAdmissionPolicy"]["spec"]
        account = named("ServiceAccount")["metadata"]
        self.assertIn(
            f"'system:serviceaccount:{account['namespace']}:"
            f"{account['name']}'",
            {v["name"]: v["expression"]
             for v in spec["variables"]}["byOperator"])
        # A KopiaMaintenance has its Jobs in its own namespace.
        self.assertEqual(list(spec["matchConstraints"]), ["resourceRules"])

    def test_every_validation_lets_the_operator_pass(self):
        spec = self.found["ValidatingAdmissionPolicy"]["spec"]
        known = {v["name"] for v in spec["variables"]}
        for one in spec["validations"]:
            self.assertTrue(one["message"])
            used = set(re.findall(r"variables\.(\w+)", one["expression"]))
            self.assertLessEqual(used | {"byOperator"}, known)
            self.assertTrue(
                one["expression"].startswith("variables.byOperator ||"))
        for one in spec["matchConditions"] + spec["variables"]:
            self.assertEqual(one["expression"].count("("),
                             one["expression"].count(")"))

    def test_the_policy_knows_the_names_that_the_operator_writes(self):
        names = (DEPLOY.parent / "k8s_io" / "names.hpp").read_text()
        text = (DEPLOY / "options"
                / "only-the-operator-resumes.yaml").read_text()
        used = set(re.findall(r"'(volsync\.backube/[a-z-]+)'", text))
        self.assertEqual(used, {"volsync.backube/kopia-maintenance",
                                "volsync.backube/location-hash",
                                "volsync.backube/admitted"})
        for name in used:
            self.assertIn(f'"{name}"', names)


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    unittest.main()
