"""Reflectors under test: how each is configured, started, asked and stopped.

All get the same task: AS 64512, router id and cluster id 192.0.2.1, a passive session to
every client of loadgen on 127.0.0.1, import and export of everything, IPv4 unicast.
"""

import os
import pwd
import shutil
import signal
import subprocess
import time

AS = 64512
ADDR = "127.0.0.1"
ROUTER_ID = "192.0.2.1"


def find(*names):
    for name in names:
        path = name if "/" in name else shutil.which(name, path=os.environ["PATH"] +
                                                     ":/usr/sbin:/usr/lib/frr")
        if path and os.access(path, os.X_OK):
            return path
    return None


class Dut:
    """A reflector as a child process; `dir` holds its files."""

    name = ""
    ignore = ()  # attributes it is known to change, by code
    reload = None  # a shell command that reconfigures all sessions and asks for all routes

    def __init__(self, build, directory, port):
        self.build, self.dir, self.port = build, directory, port
        self.process = None

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="ascii") as file:
            file.write(text)
        return self.path(name)

    def binary(self):
        raise NotImplementedError

    def command(self, clients):
        raise NotImplementedError

    def start(self, clients):
        log = open(self.path("log"), "w", encoding="ascii")
        self.process = subprocess.Popen(self.command(clients), cwd=self.dir, stdout=log,
                                        stderr=log, stdin=self.stdin(clients))
        if not self.wait_listening():
            raise RuntimeError(f"{self.name} does not listen; see {self.path('log')}")

    def stdin(self, _clients):
        return subprocess.DEVNULL

    def wait_listening(self):
        want = f"{self.port:04X}"
        for _ in range(600):
            if self.process.poll() is not None:
                return False
            for table in ("/proc/net/tcp", "/proc/net/tcp6"):
                with open(table, encoding="ascii") as file:
                    for line in file:
                        field = line.split()
                        if field[1].endswith(":" + want) and field[3] == "0A":
                            return True
            time.sleep(0.05)
        return False

    def pids(self):
        """The process and its children (openbgpd has several)."""
        out = [self.process.pid]
        children = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        with open(children, encoding="ascii") as file:
            out += [int(x) for x in file.read().split()]
        return out

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Bird(Dut):
    name = "bird"

    def binary(self):
        return find(os.environ.get("BIRD", "bird"))

    def ask(self):
        return f"{find('birdc')} -s {self.path('ctl')}"

    def config(self, clients, variant=""):
        text = f"""log "{self.path('bird.log')}" {{ info, warning, error, fatal, bug }};
router id {ROUTER_ID};
protocol device {{ }}
{variant}
template bgp clients {{
	local {ADDR} port {self.port} as {AS};
	rr client;
	rr cluster id {ROUTER_ID};
	passive;
	multihop;
	ipv4 {{ import all; export {'where ok()' if variant else 'all'}; }};
}}
"""
        for number, (_, addr) in enumerate(clients):
            text += f"protocol bgp c{number} from clients {{ neighbor {addr} as {AS}; }}\n"
        return text

    def write_configs(self, clients):
        self.write("a.conf", self.config(clients))
        # The same result by another filter: every session's export must be done again.
        other = self.config(clients, "function ok() { return net ~ [ 0.0.0.0/0+ ]; }")
        self.write("b.conf", other)

    def command(self, clients):
        self.write_configs(clients)
        return [self.binary(), "-f", "-c", self.path("a.conf"), "-s", self.path("ctl"),
                "-P", self.path("pid")]

    @property
    def reload(self):
        """Two reloads of all protocols and two full dumps, then time for keepalives."""
        ask = self.ask()
        return f"""cd {self.dir}; for f in b a; do
			{ask} configure '"'$PWD/$f.conf'"' | grep -q econfig || exit 1
			{ask} show route | wc -l >> routes; sleep 4; done"""


class Mynah(Bird):
    name = "mynahd"

    def binary(self):
        return find(os.path.join(self.build, "mynahd"))

    def ask(self):
        client = find("birdc") or os.path.join(self.build, "mynahc")
        return f"{client} -s {self.path('ctl')}"


class Frr(Dut):
    name = "frr"
    ignore = (4,)  # FRR 8 adds a MED of 0 where there is none

    def binary(self):
        return find(os.environ.get("FRR_BGPD", "/usr/lib/frr/bgpd"))

    def command(self, clients):
        text = f"log file {self.path('frr.log')} critical\nrouter bgp {AS}\n"
        text += f" bgp router-id {ROUTER_ID}\n bgp cluster-id {ROUTER_ID}\n"
        text += " no bgp default ipv4-unicast\n neighbor C peer-group\n"
        text += f" neighbor C remote-as {AS}\n neighbor C passive\n"
        text += f" neighbor C update-source {ADDR}\n"
        for _, addr in clients:
            text += f" neighbor {addr} peer-group C\n"
        text += " address-family ipv4 unicast\n  neighbor C activate\n"
        text += "  neighbor C route-reflector-client\n exit-address-family\n"
        conf = self.write("frr.conf", text)
        return [self.binary(), "-S", "-n", "-Z", "-f", conf, "-i", self.path("pid"), "-l", ADDR,
                "-p", str(self.port), "-P", "0", "--vty_socket", self.dir]


class OpenBgpd(Dut):
    name = "openbgpd"

    def binary(self):
        return find(os.environ.get("OPENBGPD", "/usr/sbin/bgpd"))

    def start(self, clients):
        # Its processes lock themselves into that folder, which only its service makes.
        home = pwd.getpwnam("_openbgpd").pw_dir
        if os.geteuid() == 0 and not os.path.isdir(home):
            os.makedirs(home, 0o755)
        super().start(clients)

    def command(self, clients):
        text = f"AS {AS}\nrouter-id {ROUTER_ID}\nfib-update no\nnexthop qualify via default\n"
        text += f"listen on {ADDR} port {self.port}\nsocket \"{self.path('ctl')}\"\n"
        text += f"group clients {{\n\tremote-as {AS}\n\troute-reflector {ROUTER_ID}\n"
        text += f"\tpassive\n\tlocal-address {ADDR}\n\tannounce IPv4 unicast\n"
        for _, addr in clients:
            text += f"\tneighbor {addr}\n"
        text += "}\nallow from ibgp\nallow to ibgp\n"
        conf = self.write("openbgpd.conf", text)
        os.chmod(conf, 0o600)
        return [self.binary(), "-d", "-f", conf]


class GoBgp(Dut):
    name = "gobgpd"

    def binary(self):
        return find(os.environ.get("GOBGPD", "gobgpd"))

    def command(self, clients):
        text = f"[global.config]\nas = {AS}\nrouter-id = \"{ROUTER_ID}\"\nport = {self.port}\n"
        text += f"local-address-list = [\"{ADDR}\"]\n"
        for _, addr in clients:
            text += f"""[[neighbors]]
[neighbors.config]
neighbor-address = "{addr}"
peer-as = {AS}
[neighbors.route-reflector.config]
route-reflector-client = true
route-reflector-cluster-id = "{ROUTER_ID}"
[neighbors.transport.config]
passive-mode = true
local-address = "{ADDR}"
"""
        conf = self.write("gobgpd.toml", text)
        return [self.binary(), "-f", conf, "-l", "error", "--api-hosts", f"{ADDR}:{self.port + 1}",
                "--disable-stdlog"]


class Floor(Dut):
    name = "null"

    def binary(self):
        return find(os.path.join(self.build, "tests/bench/null-reflector"))

    def stdin(self, clients):
        path = self.write("clients", "".join(f"{role} {addr}\n" for role, addr in clients))
        return open(path, encoding="ascii")

    def command(self, clients):
        return [self.binary(), "--at", f"{ADDR}:{self.port}", "--as", str(AS)]


DUTS = {cls.name: cls for cls in (Mynah, Bird, Frr, OpenBgpd, GoBgp, Floor)}
