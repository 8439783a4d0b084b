"""Reflectors under test: how each is configured, started, asked and stopped.

All get the same task: AS 64512, router id and cluster id 192.0.2.1, a passive session to
every client of loadgen on 127.0.0.1, IPv4 unicast, import of everything; export of everything
or through the filter that table.h describes; with add-path (RFC 7911) to and from everybody
who asks for it, or without.
"""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import time

AS = 64512
ADDR = "127.0.0.1"
ROUTER_ID = "192.0.2.1"
MARK = 64999  # AS of the communities that the filter looks at; see table.h


def find(*names):
    for name in names:
        path = name if "/" in name else shutil.which(name, path=os.environ["PATH"] +
                                                     ":/usr/sbin:/usr/lib/frr")
        if path and os.access(path, os.X_OK):
            return path
    return None


class Task:
    """What a reflector is to do: sessions as (role, address), and how."""

    def __init__(self, clients, add_path=False, filtered=False):
        self.clients, self.add_path, self.filtered = clients, add_path, filtered


def die_with_parent():
    """In the child: no reflector outlives us."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Dut:
    """A reflector as a child process; `dir` holds its files."""

    name = ""
    ignore = ()  # attributes it is known to change, by code
    cannot = ()  # of "add-path", "filtered"
    reloads = False

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

    def command(self, task):
        raise NotImplementedError

    def reload(self, task, pause):
        """A shell command: two reloads, each with a dump of all routes after it.  The first
        adds a client and changes the export of all, the second takes both back, with a
        filter of another text; after each, `pause` seconds."""
        raise NotImplementedError

    def start(self, task):
        with open(self.path("log"), "w", encoding="ascii") as log:
            self.process = subprocess.Popen(self.command(task), cwd=self.dir, stdout=log,
                                            stderr=log, stdin=self.stdin(task),
                                            preexec_fn=die_with_parent)
        if not self.wait_listening():
            raise RuntimeError(f"{self.name} does not listen; see {self.path('log')}")

    def stdin(self, _task):
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


BIRD_FILTER = f"""filter marked {{
	if ({MARK}, 1) ~ bgp_community then reject;
	if net ~ [ 0.0.0.0/0{{23,23}}, 1.0.0.0/10+ ] then reject;
	if ({MARK}, 2) ~ bgp_community then bgp_community.add(({MARK}, 3));
	accept;
}}
"""


class Bird(Dut):
    name = "bird"
    reloads = True
    extra = ""

    def binary(self):
        return find(os.environ.get("BIRD", "bird"))

    def ask(self):
        return f"{find('birdc')} -s {self.path('ctl')}"

    def config(self, task, clients=None, condition=""):
        text = f"""log "{self.path('bird.log')}" {{ info, warning, error, fatal, bug }};
router id {ROUTER_ID};
{self.extra}
protocol device {{ }}
"""
        rule = "filter marked" if task.filtered else "where " + condition if condition else "all"
        if task.filtered:
            text += BIRD_FILTER.replace("accept;", f"if {condition} then accept; reject;"
                                        if condition else "accept;")
        paths = "add paths on; " if task.add_path else ""
        text += f"""template bgp clients {{
	local {ADDR} port {self.port} as {AS};
	rr client;
	rr cluster id {ROUTER_ID};
	passive;
	multihop;
	ipv4 {{ {paths}import all; export {rule}; }};
}}
"""
        for number, (_, addr) in enumerate(clients or task.clients):
            text += f"protocol bgp c{number} from clients {{ neighbor {addr} as {AS}; }}\n"
        return text

    def command(self, task):
        conf = self.write("a.conf", self.config(task))
        return [self.binary(), "-f", "-c", conf, "-s", self.path("ctl"), "-P", self.path("pid")]

    def reload(self, task, pause):
        other = Task(task.clients + [("receiver", "127.3.0.1")], task.add_path,
                     not task.filtered)
        self.write("b.conf", self.config(other))
        self.write("c.conf", self.config(task, condition="net ~ [ 0.0.0.0/0+ ]"))
        ask = self.ask()
        return f"""cd {self.dir}; sleep 1; for f in b c; do
			{ask} configure '"'$PWD/$f.conf'"' | grep -q econfig || exit 1
			{ask} show route | wc -l >> routes; sleep {pause}; done"""


class Bird3(Bird):
    name = "bird3"
    extra = f"threads {os.cpu_count()};"

    def binary(self):
        return find(os.environ["BIRD3"]) if "BIRD3" in os.environ else None

    def ask(self):
        client = os.path.join(os.path.dirname(self.binary()), "birdc")
        return f"{find(client) or find('birdc')} -s {self.path('ctl')}"


class Mynah(Bird):
    """With GLOBALS="threads 2; shards 2;" in the environment it has these statements, too."""

    name = "mynahd"

    def config(self, *args, **named):
        return os.environ.get("GLOBALS", "") + "\n" + super().config(*args, **named)

    def binary(self):
        return find(os.path.join(self.build, "mynahd"))

    def ask(self):
        return f"{os.path.join(self.build, 'mynahc')} -s {self.path('ctl')}"


FRR_FILTER = f"""bgp community-list standard refused permit {MARK}:1
bgp community-list standard marked permit {MARK}:2
ip prefix-list lengths seq 5 permit 0.0.0.0/0 ge 23 le 23
ip prefix-list lengths seq 10 permit 1.0.0.0/10 le 32
route-map marked deny 10
 match community refused
route-map marked deny 20
 match ip address prefix-list lengths
route-map marked permit 30
 match community marked
 set community {MARK}:3 additive
route-map marked permit 40
"""


class Frr(Dut):
    name = "frr"
    ignore = (4,)  # FRR 8 adds a MED of 0 where there is none

    def binary(self):
        return find(os.environ.get("FRR_BGPD", "/usr/lib/frr/bgpd"))

    def command(self, task):
        text = f"log file {self.path('frr.log')} critical\n"
        text += FRR_FILTER if task.filtered else ""
        text += f"router bgp {AS}\n"
        text += f" bgp router-id {ROUTER_ID}\n bgp cluster-id {ROUTER_ID}\n"
        text += " bgp route-reflector allow-outbound-policy\n" if task.filtered else ""
        text += " no bgp default ipv4-unicast\n neighbor C peer-group\n"
        text += f" neighbor C remote-as {AS}\n neighbor C passive\n"
        text += f" neighbor C update-source {ADDR}\n"
        for _, addr in task.clients:
            text += f" neighbor {addr} peer-group C\n"
        text += " address-family ipv4 unicast\n  neighbor C activate\n"
        text += "  neighbor C route-reflector-client\n"
        text += "  neighbor C addpath-tx-all-paths\n" if task.add_path else ""
        text += "  neighbor C route-map marked out\n" if task.filtered else ""
        text += " exit-address-family\n"
        conf = self.write("frr.conf", text)
        return [self.binary(), "-S", "-n", "-Z", "-f", conf, "-i", self.path("pid"), "-l", ADDR,
                "-p", str(self.port), "-P", "0", "--vty_socket", self.dir]


OPENBGPD_FILTER = f"""match to ibgp community {MARK}:2 set community {MARK}:3
deny quick to ibgp community {MARK}:1
deny quick to ibgp prefix 0.0.0.0/0 prefixlen = 23
deny quick to ibgp prefix 1.0.0.0/10 prefixlen 10 - 32
"""


class OpenBgpd(Dut):
    name = "openbgpd"
    reloads = True

    def binary(self):
        return find(os.environ.get("OPENBGPD", "/usr/sbin/bgpd"))

    def start(self, task):
        # Its processes lock themselves into that folder, which only its service makes.
        home = pwd.getpwnam("_openbgpd").pw_dir
        if os.geteuid() == 0 and not os.path.isdir(home):
            os.makedirs(home, 0o755)
        super().start(task)

    def config(self, task, clients=None):
        text = f"AS {AS}\nrouter-id {ROUTER_ID}\nfib-update no\nnexthop qualify via default\n"
        text += f"listen on {ADDR} port {self.port}\nsocket \"{self.path('ctl')}\"\n"
        text += f"group clients {{\n\tremote-as {AS}\n\troute-reflector {ROUTER_ID}\n"
        text += f"\tpassive\n\tlocal-address {ADDR}\n\tannounce IPv4 unicast\n"
        if task.add_path:
            text += "\tannounce add-path recv yes\n\tannounce add-path send all\n"
        for _, addr in clients or task.clients:
            text += f"\tneighbor {addr}\n"
        text += "}\nallow from ibgp\nallow to ibgp\n"
        return text + (OPENBGPD_FILTER if task.filtered else "")

    def command(self, task):
        conf = self.write("openbgpd.conf", self.config(task))
        os.chmod(conf, 0o600)
        return [self.binary(), "-d", "-f", conf]

    def reload(self, task, pause):
        other = Task(task.clients, task.add_path, not task.filtered)
        clients = task.clients + [("receiver", "127.3.0.1")]
        self.write("b.conf", self.config(other, clients))
        self.write("c.conf", self.config(task))
        ask = f"{find('bgpctl')} -s {self.path('ctl')}"
        return f"""cd {self.dir}; sleep 1; for f in b c; do cat $f.conf > openbgpd.conf
			{ask} reload || exit 1
			{ask} show rib | wc -l >> routes; sleep {pause}; done"""


GOBGP_FILTER = f"""[[defined-sets.bgp-defined-sets.community-sets]]
community-set-name = "refused"
community-list = ["^{MARK}:1$"]
[[defined-sets.bgp-defined-sets.community-sets]]
community-set-name = "marked"
community-list = ["^{MARK}:2$"]
[[defined-sets.prefix-sets]]
prefix-set-name = "lengths"
[[defined-sets.prefix-sets.prefix-list]]
ip-prefix = "0.0.0.0/0"
masklength-range = "23..23"
[[defined-sets.prefix-sets.prefix-list]]
ip-prefix = "1.0.0.0/10"
masklength-range = "10..32"
[[policy-definitions]]
name = "export"
[[policy-definitions.statements]]
[policy-definitions.statements.conditions.bgp-conditions.match-community-set]
community-set = "refused"
[policy-definitions.statements.actions]
route-disposition = "reject-route"
[[policy-definitions.statements]]
[policy-definitions.statements.conditions.match-prefix-set]
prefix-set = "lengths"
[policy-definitions.statements.actions]
route-disposition = "reject-route"
[[policy-definitions.statements]]
[policy-definitions.statements.conditions.bgp-conditions.match-community-set]
community-set = "marked"
[policy-definitions.statements.actions]
route-disposition = "accept-route"
[policy-definitions.statements.actions.bgp-actions.set-community]
options = "add"
[policy-definitions.statements.actions.bgp-actions.set-community.set-community-method]
communities-list = ["{MARK}:3"]
"""


class GoBgp(Dut):
    name = "gobgpd"

    def binary(self):
        return find(os.environ.get("GOBGPD", "gobgpd"))

    def command(self, task):
        text = f"[global.config]\nas = {AS}\nrouter-id = \"{ROUTER_ID}\"\nport = {self.port}\n"
        text += f"local-address-list = [\"{ADDR}\"]\n"
        if task.filtered:
            text += "[global.apply-policy.config]\nexport-policy-list = [\"export\"]\n"
            text += "default-export-policy = \"accept-route\"\n" + GOBGP_FILTER
        for _, addr in task.clients:
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
            if task.add_path:
                text += """[[neighbors.afi-safis]]
[neighbors.afi-safis.config]
afi-safi-name = "ipv4-unicast"
[neighbors.afi-safis.add-paths.config]
receive = true
send-max = 32
"""
        conf = self.write("gobgpd.toml", text)
        return [self.binary(), "-f", conf, "-l", "error", "--api-hosts", f"{ADDR}:{self.port + 1}",
                "--disable-stdlog"]


class Floor(Dut):
    name = "null"
    cannot = ("add-path", "filtered")

    def binary(self):
        return find(os.path.join(self.build, "tests/bench/null-reflector"))

    def stdin(self, task):
        path = self.write("clients", "".join(f"{role} {addr}\n" for role, addr in task.clients))
        return open(path, encoding="ascii")

    def command(self, _task):
        return [self.binary(), "--at", f"{ADDR}:{self.port}", "--as", str(AS)]


DUTS = {cls.name: cls for cls in (Mynah, Bird, Bird3, Frr, OpenBgpd, GoBgp, Floor)}
