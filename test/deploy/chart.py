#!/usr/bin/env python3
"""What the Helm chart makes of its values, without a cluster.

$HELM is the program, or that of the machine; `test/cluster/build-tools helm`
builds it. Without one this is skipped (77). That an API server takes it all is
shown by test/cluster/chart.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
HELM = os.environ.get("HELM") or shutil.which("helm")
PUBLIC = "flags.inspection-bind-address=:9443"
TOKEN = "flags.metrics-access=token"
TLS = "tls.secretName=volsync-tls"
MONITOR = "metrics.serviceMonitor.enabled=true"
POLICY = "networkPolicy.enabled=true"


def template(*values):
    return subprocess.run(
        [HELM, "template", "volsync", str(ROOT / "deploy/helm"), "--namespace",
         "volsync-system", "--kube-version", "v1.30.0", "--set",
         ",".join(("crds.install=false", *values))],
        text=True, capture_output=True)


def render(*values):
    """The objects by kind and name."""
    done = template(*values)
    done.check_returncode()
    return {(d["kind"], d["metadata"]["name"]): d
            for d in yaml.safe_load_all(done.stdout) if d}


def refusal(*values):
    """What is said of values that make no installation."""
    done = template(*values)
    return done.stderr if done.returncode else "nothing"


def container(made):
    return made["Deployment", "volsync"]["spec"]["template"]["spec"][
        "containers"][0]


def ports(made):
    return {p["name"]: p["containerPort"] for p in container(made)["ports"]}


def opens(made):
    """The paths that each ClusterRole opens."""
    return {name: rule["nonResourceURLs"]
            for (kind, name), d in made.items() if kind == "ClusterRole"
            for rule in d["rules"] if "nonResourceURLs" in rule}


def may_review(made):
    return any("tokenreviews" in rule.get("resources", ())
               for rule in made["ClusterRole", "volsync"]["rules"])


def endpoint(*values):
    made = render(MONITOR, *values)
    endpoints = made["ServiceMonitor", "volsync-metrics"]["spec"]["endpoints"]
    assert len(endpoints) == 1
    return endpoints[0]


class inspection(unittest.TestCase):
    def test_on_loopback_nothing_leads_to_it(self):
        for values in ((), ("flags.inspection-bind-address=127.0.0.1:9000",),
                       ("flags.inspection-bind-address=[::1]:9000",)):
            made = render(POLICY, *values)
            self.assertNotIn(("Service", "volsync-inspection"), made)
            self.assertEqual(ports(made), {"metrics": 8080})
            self.assertEqual(opens(made), {})
            self.assertFalse(may_review(made))

    def test_elsewhere_its_service_reaches_the_container(self):
        for where in (":9443", "0.0.0.0:9443", "[::]:9443"):
            made = render(f"flags.inspection-bind-address={where}", POLICY)
            self.assertEqual(ports(made),
                             {"metrics": 8080, "inspection": 9443})
            self.assertIn(f"--inspection-bind-address={where}",
                          container(made)["args"])
            service = made["Service", "volsync-inspection"]["spec"]
            self.assertEqual(service["ports"], [{
                "name": "inspection", "port": 9443,
                "targetPort": "inspection"}])
            self.assertEqual(service["selector"],
                             {"app.kubernetes.io/name": "volsync"})

    def test_an_address_without_a_port_of_its_own_is_refused(self):
        for where in ("0.0.0.0", ":0", "127.0.0.1", "[::1]", "localhost:",
                      ":8080", "127.0.0.1:8080", ":http"):
            with self.subTest(where):
                self.assertIn(
                    f'flags.inspection-bind-address "{where}" has no port of',
                    refusal(f"flags.inspection-bind-address={where}"))
        self.assertEqual(ports(render("flags=null")), {"metrics": 8080})

    def test_prometheus_does_not_take_it_for_metrics(self):
        made = render(PUBLIC, MONITOR)
        chosen = made["ServiceMonitor", "volsync-metrics"]["spec"][
            "selector"]["matchLabels"]
        for name, wanted in (("volsync-metrics", True),
                             ("volsync-inspection", False)):
            labels = made["Service", name]["metadata"]["labels"]
            self.assertEqual(chosen.items() <= labels.items(), wanted)

    def test_the_network_lets_its_readers_in_and_no_scraper(self):
        def rules(*values):
            made = render(POLICY, *values)
            return {rule["ports"][0]["port"]: rule.get("from") for rule in
                    made["NetworkPolicy", "volsync"]["spec"]["ingress"]}
        people = "networkPolicy.readers[0].podSelector.matchLabels.app"
        scrapers = "networkPolicy.scrapers[0].podSelector.matchLabels.app"
        self.assertEqual(rules(f"{people}=ingress"), {"metrics": None})
        self.assertEqual(rules(PUBLIC), {"metrics": None, "inspection": None})
        self.assertEqual(
            rules(PUBLIC, f"{people}=ingress", f"{scrapers}=prometheus"),
            {"metrics": [{"podSelector": {"matchLabels": {
                "app": "prometheus"}}}],
             "inspection": [{"podSelector": {"matchLabels": {
                 "app": "ingress"}}}]})


class rights(unittest.TestCase):
    def test_prometheus_and_people_have_a_role_each(self):
        self.assertEqual(opens(render(TOKEN, PUBLIC)), {
            "volsync-metrics-reader": ["/metrics"],
            "volsync-inspection-reader": ["/v1/*"]})
        self.assertEqual(opens(render(TOKEN)),
                         {"volsync-metrics-reader": ["/metrics"]})
        self.assertEqual(opens(render(PUBLIC)),
                         {"volsync-inspection-reader": ["/v1/*"]})

    def test_who_takes_tokens_may_have_them_reviewed(self):
        # A name is no address, whatever it begins with.
        name = "flags.inspection-bind-address=127.0.0.1.example:8081"
        for values in ((TOKEN,), (PUBLIC,), (TOKEN, PUBLIC), (name,)):
            self.assertTrue(may_review(render(*values)))


class tls(unittest.TestCase):
    def test_the_secret_is_mounted_where_the_flags_say(self):
        made = render(TLS)
        pod = made["Deployment", "volsync"]["spec"]["template"]["spec"]
        self.assertEqual([v["secret"]["secretName"] for v in pod["volumes"]],
                         ["volsync-tls"])
        mount, = container(made)["volumeMounts"]
        for flag in ("certificate=/tls/tls.crt", "key=/tls/tls.key"):
            self.assertIn(f"--tls-{flag}", container(made)["args"])
        self.assertEqual(mount["mountPath"], "/tls")
        # A renewed Secret does not reach a mounted file, only a folder.
        self.assertNotIn("subPath", mount)
        for probe in ("livenessProbe", "readinessProbe"):
            self.assertEqual(container(made)[probe]["httpGet"]["scheme"],
                             "HTTPS")


class service_monitor(unittest.TestCase):
    def test_plain_metrics_are_scraped_plainly(self):
        self.assertEqual(endpoint(), {
            "port": "metrics", "path": "/metrics", "interval": "30s"})

    def test_with_tls_the_certificate_is_checked(self):
        found = endpoint(TLS)
        self.assertEqual(found["scheme"], "https")
        self.assertEqual(found["tlsConfig"], {
            "serverName": "volsync-metrics.volsync-system.svc",
            "ca": {"secret": {"name": "volsync-tls", "key": "ca.crt"}}})
        self.assertNotIn("bearerTokenFile", found)

    def test_with_tokens_one_is_shown(self):
        self.assertEqual(
            endpoint(TOKEN)["bearerTokenFile"],
            "/var/run/secrets/kubernetes.io/serviceaccount/token")
        found = endpoint(TOKEN, "metrics.serviceMonitor.tokenSecret=scraper")
        self.assertEqual(found["authorization"], {
            "credentials": {"name": "scraper", "key": "token"}})
        self.assertNotIn("bearerTokenFile", found)

    def test_what_is_given_holds(self):
        found = endpoint(
            TLS, "metrics.serviceMonitor.endpoint.scrapeTimeout=9s",
            "metrics.serviceMonitor.endpoint.tlsConfig.insecureSkipVerify=true")
        self.assertEqual(found["tlsConfig"], {"insecureSkipVerify": True})
        self.assertEqual(found["scrapeTimeout"], "9s")
        self.assertEqual(found["scheme"], "https")

    def test_a_proof_that_is_given_is_the_only_one(self):
        # Prometheus refuses an endpoint with two of them.
        ours = {"authorization", "bearerTokenFile"}
        for given in ("authorization.credentials.name", "basicAuth.username.name",
                      "oauth2.tokenUrl", "bearerTokenSecret.name",
                      "bearerTokenFile"):
            field = given.partition(".")[0]
            for more in ((), ("metrics.serviceMonitor.tokenSecret=scraper",)):
                with self.subTest(given, more=more):
                    found = endpoint(
                        TOKEN, f"metrics.serviceMonitor.endpoint.{given}=mine",
                        *more)
                    self.assertEqual(found.keys() & (ours | {field}), {field})


class manifests(unittest.TestCase):
    def test_those_for_kubectl_are_what_the_chart_makes(self):
        done = subprocess.run(
            [ROOT / "deploy/generate", HELM, "--check"], capture_output=True,
            text=True)
        self.assertEqual((done.returncode, done.stdout), (0, ""))


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    if not HELM:
        print("skipped: HELM: there is no helm")
        sys.exit(77)
    unittest.main()
