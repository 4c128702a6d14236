"""The first process inside a test node's namespaces: mounts, links, programs.

It is process 1 of its own PID namespace, so killing it takes every program,
shim and container with it. It starts the programs, waits until each answers,
then watches them; when one ends it says so and ends too. Not called by hand:
`node up` runs it through unshare.
"""

import json
import os
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request

from settings import (API_SERVER, CONTAINERD_SOCKET, INSIDE, NODE_IP,
                      S3_ENDPOINT, S3_TLS_ENDPOINT)

# What kubelet would write into the machine's own kernel settings. A file laid
# over each makes it find the value it wants and leave the machine alone.
KERNEL_SETTINGS = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}
START_DEADLINE_SECONDS = 240


class NodeFailed(Exception):
    """The node cannot come up or go on; the text names the program."""


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NodeFailed(f"{' '.join(command)}: {done.stderr.strip()}")


def mount_private_folders(state, tools):
    """Gives the programs their own /run, /tmp, /var/lib and /var/log.

    Built beside and then laid over, because the state folder or the tools may
    themselves lie under one of them.
    """
    new_run = os.path.join(state, "new-run")
    os.makedirs(new_run)
    run("mount", "-t", "tmpfs", "tmpfs", new_run)
    for source, name in ((state, "node"), (tools, "tools")):
        os.makedirs(os.path.join(new_run, name))
        run("mount", "--bind", source, os.path.join(new_run, name))
    run("mount", "--rbind", new_run, "/run")
    for folder in ("/var/lib", "/var/log", "/tmp"):
        own = INSIDE + "/own" + folder
        os.makedirs(own)
        os.chmod(own, 0o1777 if folder == "/tmp" else 0o755)
        run("mount", "--bind", own, folder)
    for number, (name, value) in enumerate(KERNEL_SETTINGS.items()):
        shadow = f"{INSIDE}/own/kernel-{number}"
        with open(shadow, "w", encoding="utf-8") as file:
            file.write(value + "\n")
        run("mount", "--bind", shadow, "/proc/sys/" + name)


def make_links():
    """A loopback, and a bridge that holds the node's address."""
    run("ip", "link", "set", "lo", "up")
    run("ip", "link", "add", "node0", "type", "bridge")
    run("ip", "address", "add", NODE_IP + "/24", "dev", "node0")
    run("ip", "link", "set", "node0", "up")
    run("ip", "route", "add", "default", "dev", "node0")


def get(url, token=None):
    """The body that url answers with 200, or None."""
    context = None
    if url.startswith("https"):
        context = ssl.create_default_context(cafile=f"{INSIDE}/pki/ca.crt")
    request = urllib.request.Request(url)
    if token:
        request.add_header("Authorization", "Bearer " + token)
    try:
        with urllib.request.urlopen(request, timeout=10,
                                    context=context) as answer:
            return answer.read()
    except (OSError, urllib.error.URLError):
        return None


class Node:
    """The running programs and how to ask each whether it is ready."""

    def __init__(self, options):
        self.options = options
        self.programs = {}
        with open(f"{INSIDE}/access/admin.token", encoding="utf-8") as file:
            self.token = file.read().strip()

    def start(self, name, *arguments, program=None):
        """`program`: what to run, if its name is not what we call it."""
        with open(f"{INSIDE}/logs/{name}.log", "wb") as log:
            process = subprocess.Popen([name, *arguments], stdout=log,
                                       executable=program or name,
                                       stderr=subprocess.STDOUT,
                                       stdin=subprocess.DEVNULL)
        # Held, not only its name: a Popen that is let go is waited for by
        # the next one, and its end would never show in reap().
        self.programs[process.pid] = process
        print(f"started {name}", flush=True)

    def reap(self):
        """Collects the dead; raises when one of them is a program of ours."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid in self.programs:
                code = os.waitstatus_to_exitcode(status)
                name = self.programs[pid].args[0]
                raise NodeFailed(f"{name} ended with {code}", name)

    def wait_for(self, name, what, ready):
        deadline = time.monotonic() + START_DEADLINE_SECONDS
        while not ready():
            self.reap()
            if time.monotonic() > deadline:
                raise NodeFailed(f"{what}: not within "
                                 f"{START_DEADLINE_SECONDS} s", name)
            time.sleep(0.1)
        print(what, flush=True)

    def api(self, path):
        return get(API_SERVER + path, self.token)

    def node_is_ready(self):
        body = self.api("/api/v1/nodes/node")
        conditions = json.loads(body)["status"].get("conditions", []) \
            if body else []
        return any(c["type"] == "Ready" and c["status"] == "True"
                   for c in conditions)


def start_stores(node):
    node.start("etcd", "--data-dir", f"{INSIDE}/etcd", "--unsafe-no-fsync",
               "--listen-client-urls", "http://127.0.0.1:2379",
               "--advertise-client-urls", "http://127.0.0.1:2379",
               "--listen-peer-urls", "http://127.0.0.1:2380",
               "--log-level", "warn", "--quota-backend-bytes", "4294967296")
    os.makedirs(f"{INSIDE}/s3")
    with open(f"{INSIDE}/access/s3.json", encoding="utf-8") as file:
        access, secret = json.load(file)
    os.environ.update(ROOT_ACCESS_KEY=access, ROOT_SECRET_KEY=secret)
    node.start("versitygw", "--port", S3_ENDPOINT, "--quiet",
               "--health", "/health", "posix", f"{INSIDE}/s3")
    # The same folder once more, for clients that want a certificate.
    node.start("versitygw-tls", "--port", S3_TLS_ENDPOINT, "--quiet",
               "--cert", f"{INSIDE}/pki/s3.crt", "--key",
               f"{INSIDE}/pki/s3.key", "--health", "/health", "posix",
               f"{INSIDE}/s3", program="versitygw")
    del os.environ["ROOT_ACCESS_KEY"], os.environ["ROOT_SECRET_KEY"]


def audit_flags():
    """Clients' requests without their contents, each when it is answered."""
    policy = {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "omitStages": ["RequestReceived"],
        "rules": [{"level": "None", "users": ["system:apiserver"]},
                  {"level": "None", "nonResourceURLs": ["*"]},
                  {"level": "Metadata"}],
    }
    with open(f"{INSIDE}/audit.json", "w", encoding="utf-8") as file:
        json.dump(policy, file)
    return [f"--audit-policy-file={INSIDE}/audit.json",
            f"--audit-log-path={INSIDE}/logs/audit.log"]


def start_control_plane(node):
    pki = f"{INSIDE}/pki"
    node.wait_for("etcd", "etcd answers",
                  lambda: get("http://127.0.0.1:2379/health"))
    node.start(
        "kube-apiserver", "--etcd-servers=http://127.0.0.1:2379",
        "--secure-port=6443", f"--advertise-address={NODE_IP}",
        f"--cert-dir={INSIDE}/own", f"--tls-cert-file={pki}/server.crt",
        f"--tls-private-key-file={pki}/server.key",
        f"--client-ca-file={pki}/ca.crt",
        f"--token-auth-file={INSIDE}/access/tokens.csv",
        "--authorization-mode=Node,RBAC", "--allow-privileged=true",
        f"--service-account-key-file={pki}/service-account.key",
        f"--service-account-signing-key-file={pki}/service-account.key",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--service-cluster-ip-range=10.96.0.0/24",
        "--kubelet-preferred-address-types=InternalIP",
        f"--kubelet-client-certificate={pki}/admin.crt",
        f"--kubelet-client-key={pki}/admin.key", "--profiling=false",
        *(audit_flags() if node.options["audit"] else []))
    node.wait_for("kube-apiserver", "kube-apiserver answers",
                  lambda: node.api("/readyz"))
    node.wait_for("versitygw", "versitygw answers",
                  lambda: get(f"http://{S3_ENDPOINT}/health"))
    node.wait_for("versitygw-tls", "versitygw answers with TLS",
                  lambda: get(f"https://{S3_TLS_ENDPOINT}/health"))
    if not node.options["controller_manager"]:
        return
    node.start(
        "kube-controller-manager", "--leader-elect=false",
        f"--kubeconfig={INSIDE}/access/kube-controller-manager",
        f"--service-account-private-key-file={pki}/service-account.key",
        f"--root-ca-file={pki}/ca.crt", f"--cert-dir={INSIDE}/own",
        "--use-service-account-credentials=true",
        "--enable-hostpath-provisioner")
    node.wait_for(
        "kube-controller-manager", "kube-controller-manager works",
        lambda: node.api("/api/v1/namespaces/default/serviceaccounts/default"))


def ctr(*arguments):
    return subprocess.run(
        ["ctr", "--address", CONTAINERD_SOCKET, "--namespace", "k8s.io",
         *arguments], capture_output=True, text=True, check=False)


def start_worker(node):
    node.start("kube-scheduler", "--leader-elect=false",
               f"--kubeconfig={INSIDE}/access/kube-scheduler",
               f"--cert-dir={INSIDE}/own")
    node.wait_for("containerd", "containerd answers",
                  lambda: ctr("version").returncode == 0)
    # The sandbox image must be there before the first pod is.
    for image in node.options["images"]:
        done = ctr("images", "import", "--local", image)
        if done.returncode != 0:
            raise NodeFailed(f"importing {image}: {done.stderr.strip()}",
                             "containerd")
    node.start("kubelet", f"--config={INSIDE}/kubelet.json",
               f"--kubeconfig={INSIDE}/access/kubelet",
               f"--root-dir={INSIDE}/kubelet", f"--cert-dir={INSIDE}/own",
               f"--node-ip={NODE_IP}", "--hostname-override=node")
    node.wait_for("kubelet", "node is Ready", node.node_is_ready)


def bring_up(node, whole_node):
    start_stores(node)
    if whole_node:
        node.start("containerd", "--config", f"{INSIDE}/containerd.toml")
    start_control_plane(node)
    if whole_node:
        start_worker(node)
    with open(f"{INSIDE}/ready", "w", encoding="utf-8"):
        pass
    while True:
        # Returns when there is somebody to collect, whoever it is.
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
        node.reap()


def main(state):
    with open(os.path.join(state, "options.json"), encoding="utf-8") as file:
        options = json.load(file)
    try:
        mount_private_folders(state, options["tools"])
        state = INSIDE
        os.chdir("/")
        os.environ["PATH"] = ":".join(
            [f"/run/tools/{name}" for name in options["tool_folders"]] +
            ["/usr/sbin:/usr/bin:/sbin:/bin"])
        make_links()
        bring_up(Node(options), options["whole_node"])
    except NodeFailed as failure:
        program = failure.args[1] if len(failure.args) > 1 else ""
        print(f"node failed: {failure.args[0]}", flush=True)
        with open(f"{state}/failed", "w", encoding="utf-8") as file:
            file.write(program)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
