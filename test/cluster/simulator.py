"""A simulated cluster and the operator beside it, as processes of a test.

Not a story: it starts and stops what the stories are told to, and shows the
logs when one failed. Called by `scenario_on_simulator` and `bad_input`.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
KUBECTL = os.environ.get("KUBECTL") or shutil.which("kubectl")
# ctest's word for a test that was skipped.
SKIPPED = 77
# A program under a sanitizer takes long to end, too.
END_SECONDS = 120


class KeptPort:
    """An address on which nobody but a program of ours will listen.

    Nobody is given a port that a socket has; a server that says SO_REUSEADDR
    may share it as long as this one does not listen.
    """

    def __init__(self):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(("127.0.0.1", 0))

    def __str__(self):
        return "{}:{}".format(*self.socket.getsockname())

    def close(self):
        self.socket.close()


def programs():
    """The folder of holystone and holystone-sim: the first argument."""
    return os.path.realpath(sys.argv[1] if len(sys.argv) > 1
                            else os.path.join(ROOT, "build/release"))


class Simulator:
    """holystone-sim and whatever runs beside it; use it with `with`."""

    def __init__(self):
        self.kept = tempfile.TemporaryDirectory(prefix="holystone-simulator-")
        self.folder = self.kept.name
        self.kubeconfig = os.path.join(self.folder, "kubeconfig")
        self.processes, self.logs = [], []
        self.metrics, self.inspection = KeptPort(), KeptPort()
        self.environment = dict(
            os.environ, KUBECONFIG=self.kubeconfig, KUBECTL=KUBECTL,
            KUBECACHEDIR=os.path.join(self.folder, "cache"),
            HOLYSTONE_METRICS=f"http://{self.metrics}/metrics",
            HOLYSTONE_INSPECTION=f"http://{self.inspection}",
            HOLYSTONE_LOG=os.path.join(self.folder, "operator.log"),
            HOLYSTONE_PROGRAM=f"{programs()}/holystone",
            HOLYSTONE_WORLD="simulator")

    def __enter__(self):
        process = self.start(
            "simulator", f"{programs()}/holystone-sim", "--tls",
            "--kubeconfig", self.kubeconfig, "--exit-on-stdin-close",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if not process.stdout.readline():
            self.show_logs()
            raise RuntimeError("holystone-sim did not start")
        # No pod becomes ready here: the operator runs beside the cluster.
        self.kubectl("create", "namespace", "volsync-system")
        return self

    def __exit__(self, kind, *_):
        # The operator first: at its end it still frees its Lease.
        failures = [why for process in reversed(self.processes)
                    if (why := self.end(process))]
        if kind is not None or failures:
            self.show_logs()
        self.metrics.close()
        self.inspection.close()
        self.kept.cleanup()
        if kind is None and failures:
            raise RuntimeError("; ".join(failures))

    def start(self, name, *command, **more):
        self.logs.append(os.path.join(self.folder, f"{name}.log"))
        with open(self.logs[-1], "wb") as file:
            process = subprocess.Popen(command, stderr=file, text=True, **more)
        self.processes.append(process)
        return process

    def start_operator(self, name="operator", kubeconfig=None, flags=()):
        return self.start(
            name, f"{programs()}/holystone", "operator", "--kubeconfig",
            kubeconfig or self.kubeconfig, "--mover-image",
            "local/holystone:test", "--metrics-bind-address",
            str(self.metrics), "--inspection-bind-address",
            str(self.inspection), *flags)

    def stop(self, process):
        self.processes.remove(process)
        if why := self.end(process):
            raise RuntimeError(why)

    @staticmethod
    def end(process):
        """Ends a program and gives what was wrong with its end, if anything.

        What a sanitizer found in it shows here, as another exit code.
        """
        process.terminate()
        name = process.args[0]
        try:
            code = process.wait(timeout=END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return f"{name} did not end within {END_SECONDS} s of SIGTERM"
        return f"{name} ended with {code}" if code else None

    def ended(self):
        """The programs that ended though nobody stopped them."""
        return [f"{p.args[0]} ended with {p.returncode}"
                for p in self.processes if p.poll() is not None]

    def kubectl(self, *arguments):
        subprocess.run([KUBECTL, *arguments], check=True,
                       env=self.environment, stdout=subprocess.DEVNULL)

    def install_crds(self):
        self.kubectl("apply", "--server-side", "-f",
                     os.path.join(ROOT, "deploy/crds"))

    def log(self, name):
        with open(os.path.join(self.folder, f"{name}.log"),
                  encoding="utf-8", errors="replace") as file:
            return file.read()

    def show_logs(self):
        for log in self.logs:
            with open(log, encoding="utf-8", errors="replace") as file:
                sys.stderr.writelines([f"--- {log}\n",
                                       *file.readlines()[-60:]])


def skip_without_kubectl():
    if not KUBECTL:
        print("skipped: no kubectl; `make test` builds one", file=sys.stderr)
        sys.exit(SKIPPED)
