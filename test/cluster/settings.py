"""Writes every file that the programs of the test node read at start-up.

Not a place for processes: nothing is started here but openssl. Called once by
`node up` before the namespaces exist. Paths inside the files are those that
the programs see (INSIDE), not those of the state folder outside.
"""

import base64
import json
import os
import secrets
import subprocess

INSIDE = "/run/node"
NODE_IP = "10.77.0.1"
API_SERVER = f"https://{NODE_IP}:6443"
S3_ENDPOINT = f"{NODE_IP}:9000"
S3_TLS_ENDPOINT = f"{NODE_IP}:9443"
PAUSE_IMAGE = "local/pause:1"
CONTAINERD_SOCKET = f"{INSIDE}/containerd.sock"

# user name and groups that each program's token stands for
TOKEN_USERS = {
    "admin": ("admin", "system:masters"),
    "kube-controller-manager": ("system:kube-controller-manager", ""),
    "kube-scheduler": ("system:kube-scheduler", ""),
    "kubelet": ("system:node:node", "system:nodes"),
}

CONTAINERD = f"""version = 3
root = "{INSIDE}/containerd"
state = "{INSIDE}/containerd-state"
disabled_plugins = ["io.containerd.nri.v1.nri"]
[grpc]
address = "{CONTAINERD_SOCKET}"
[plugins.'io.containerd.cri.v1.images']
use_local_image_pull = true
[plugins.'io.containerd.cri.v1.images'.pinned_images]
sandbox = "{PAUSE_IMAGE}"
[plugins.'io.containerd.cri.v1.runtime']
# Without CAP_SYS_RESOURCE a sandbox's score must not go below ours.
restrict_oom_score_adj = true
disable_apparmor = true
enable_cdi = false
netns_mounts_under_state_dir = true
[plugins.'io.containerd.cri.v1.runtime'.cni]
bin_dirs = ["/usr/lib/cni"]
conf_dir = "{INSIDE}/cni"
"""

CNI = {
    "cniVersion": "1.0.0",
    "name": "pods",
    "plugins": [
        {
            "type": "ptp",
            "ipam": {
                "type": "host-local",
                "ranges": [[{"subnet": "10.88.0.0/16"}]],
                "routes": [{"dst": "0.0.0.0/0"}],
            },
        }
    ],
}


def kubelet_config(cgroup):
    """The kubelet's settings for one node without systemd or cgroup v2."""
    none = {
        name: "0%"
        for name in ("memory.available", "nodefs.available",
                     "nodefs.inodesFree", "imagefs.available")
    }
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "x509": {"clientCAFile": f"{INSIDE}/pki/ca.crt"},
        },
        "authorization": {"mode": "AlwaysAllow"},
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": cgroup,
        "cgroupsPerQOS": False,
        "enforceNodeAllocatable": [],
        "failCgroupV1": False,
        "failSwapOn": False,
        "localStorageCapacityIsolation": False,
        "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
        "clusterDNS": [NODE_IP],
        "clusterDomain": "cluster.local",
        "resolvConf": f"{INSIDE}/resolv.conf",
        "podLogsDir": f"{INSIDE}/pod-logs",
        "volumePluginDir": f"{INSIDE}/volume-plugins",
        "evictionHard": none,
        "imageGCHighThresholdPercent": 100,
        "nodeStatusUpdateFrequency": "2s",
        "syncFrequency": "5s",
        "shutdownGracePeriod": "0s",
    }


def kubeconfig(ca, user):
    """A kubeconfig (JSON is YAML) for the node's API server."""
    return json.dumps({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "node", "cluster": {
            "server": API_SERVER, "certificate-authority-data": ca}}],
        "users": [{"name": "user", "user": user}],
        "contexts": [{"name": "node", "context": {
            "cluster": "node", "user": "user"}}],
        "current-context": "node",
    }, indent=1) + "\n"


class Writer:
    """Puts files into one state folder, readable by root only."""

    def __init__(self, state):
        self.state = state

    def path(self, name):
        return os.path.join(self.state, name)

    def write(self, name, text, mode=0o600):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)

    def base64_of(self, name):
        with open(self.path(name), "rb") as file:
            return base64.b64encode(file.read()).decode()

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True,
                       cwd=self.path("pki"), capture_output=True)

    def key(self, name):
        self.openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout",
                     "-out", f"{name}.key")

    def certificate(self, name, subject, extensions):
        """Signs NAME.crt by the run's own authority, for two days."""
        self.write(f"pki/{name}.ext", extensions)
        self.key(name)
        self.openssl("req", "-new", "-key", f"{name}.key", "-subj", subject,
                     "-out", f"{name}.csr")
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt",
                     "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
                     "-extfile", f"{name}.ext", "-out", f"{name}.crt")


def write_certificates(writer):
    os.makedirs(writer.path("pki"))
    writer.key("ca")
    writer.openssl("req", "-x509", "-new", "-key", "ca.key", "-days", "2",
                   "-subj", "/CN=holystone-test-node", "-out", "ca.crt")
    writer.certificate(
        "server", "/CN=kube-apiserver",
        f"subjectAltName=IP:{NODE_IP},IP:10.96.0.1,IP:127.0.0.1,"
        "DNS:kubernetes.default.svc,DNS:localhost\n"
        "extendedKeyUsage=serverAuth\n")
    writer.certificate("s3", "/CN=versitygw",
                       f"subjectAltName=IP:{NODE_IP}\n"
                       "extendedKeyUsage=serverAuth\n")
    writer.certificate("admin", "/O=system:masters/CN=admin",
                       "extendedKeyUsage=clientAuth\n")
    writer.key("service-account")


def write_access(writer):
    """Tokens, one kubeconfig a program, the admin's with a certificate."""
    ca = writer.base64_of("pki/ca.crt")
    lines = []
    for name, (user, group) in TOKEN_USERS.items():
        token = secrets.token_hex(16)
        lines.append(f'{token},{user},{name},"{group}"\n')
        writer.write(f"access/{name}.token", token + "\n")
        writer.write(f"access/{name}", kubeconfig(ca, {"token": token}))
    writer.write("access/tokens.csv", "".join(lines))
    writer.write("kubeconfig", kubeconfig(ca, {
        "client-certificate-data": writer.base64_of("pki/admin.crt"),
        "client-key-data": writer.base64_of("pki/admin.key")}))


def write_all(state, cgroup):
    """Fills a fresh state folder; returns the S3 server's two keys."""
    writer = Writer(state)
    write_certificates(writer)
    write_access(writer)
    writer.write("containerd.toml", CONTAINERD)
    writer.write("cni/10-pods.conflist", json.dumps(CNI))
    writer.write("kubelet.json", json.dumps(kubelet_config(cgroup)))
    # Nothing answers there: a name lookup in a pod fails at once.
    writer.write("resolv.conf", f"nameserver {NODE_IP}\n", 0o644)
    keys = ("test" + secrets.token_hex(8), secrets.token_hex(20))
    writer.write("access/s3.json", json.dumps(keys))
    return keys
