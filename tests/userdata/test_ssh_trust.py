"""The way of a deploy with the real ssh and sshd, on loopback: three hosts as their modules leave
them, a web and an application server answering, and one Parameter Store between them."""

from __future__ import annotations

import getpass
import itertools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from userdata_hosts import SETTINGS, Host, make_host, need, path_settings

from constructs_lib.userdata import ROLES, render

COMMIT = "0123456789abcdef0123456789abcdef01234567"
TIMERS = {"web": "deploy_user", "app": "deploy_user", "jenkins": "deploy_key"}
NO_CONNECTION = 255
REFUSED = 2


class ParameterStore(ThreadingHTTPServer):
    """Parameter Store and the instance metadata service on one port of loopback."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Aws)
        self.values: dict[str, str] = {}
        self.puts = 0
        self.url = f"http://127.0.0.1:{self.server_port}"

    def answer(self, target: str, body: dict[str, Any]) -> dict[str, Any]:
        if target == "AmazonSSM.GetParameters":
            names = [name for name in body["Names"] if name in self.values]
            return {"Parameters": [{"Name": name, "Value": self.values[name]} for name in names]}
        assert target == "AmazonSSM.PutParameter"
        self.values[body["Name"]] = body["Value"]
        self.puts += 1
        return {"Version": self.puts}


class Aws(BaseHTTPRequestHandler):
    server: ParameterStore

    def do_GET(self) -> None:
        credentials = {"AccessKeyId": "id", "SecretAccessKey": "key", "Token": "token"}
        self.reply("role" if self.path.endswith("/") else json.dumps(credentials))

    def do_PUT(self) -> None:
        self.reply("token")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.reply(json.dumps(self.server.answer(self.headers["X-Amz-Target"], body)))

    def reply(self, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


class Machines:
    """Web, app and Jenkins. `asked` is what microblog-deploy was called with."""

    def __init__(self, folder: Path, store: ParameterStore) -> None:
        self.folder = folder
        self.store = store
        self.hosts: dict[str, Host] = {}
        self.ports = {"web": free_port(), "app": free_port()}
        for role in TIMERS:
            (folder / role).mkdir()
            self.hosts[role] = make_host(folder / role)
            self.set_up(role)
        self.forget()

    def settings(self, role: str) -> dict[str, str | int]:
        app = f"127.0.0.1:{self.ports['app']}"
        own: dict[str, dict[str, str | int]] = {
            "web": {"DEPLOY_USER_FROM": "127.0.0.1", "DEPLOY_USER_JUMP": app},
            "app": {"DEPLOY_USER_FROM": "127.0.0.1"},
            "jenkins": {
                "DEPLOY_KEY_WEB_ADDRESS": "127.0.0.1",
                "DEPLOY_KEY_APP_ADDRESS": "127.0.0.1",
                "DEPLOY_KEY_JUMP_PORT": self.ports["web"],
                "DEPLOY_KEY_PORT": self.ports["app"],
                "DEPLOY_KEY_USER": getpass.getuser(),
                "DEPLOY_KEY_OWNER": getpass.getuser(),
            },
        }
        if role != "jenkins":
            own[role]["DEPLOY_USER_NAME"] = getpass.getuser()
        paths = path_settings(self.hosts[role].root, ROLES[role])
        aws = {"AWS_ENDPOINT": self.store.url, "AWS_METADATA_URL": self.store.url}
        return {**SETTINGS[role], **paths, **own[role], **aws}

    def set_up(self, role: str) -> None:
        """The modules of SSH trust, as at a first boot; their timers run by `sync` only."""
        if role != "jenkins":
            self.new_host_key(role)
        whole = render(role, ROLES[role], self.settings(role)).script
        functions = whole[: whole.index("\nboot_begin\n")]
        calls = ["ssh_host_keys_main"] if role != "jenkins" else []
        made = self.hosts[role].run("\n".join([functions, *calls, f"{TIMERS[role]}_main"]))
        assert made.returncode == 0, made.stderr

    def forget(self) -> None:
        """Back to before any timer ran."""
        self.store.values.clear()
        for path in (
            self.path("jenkins", "var/lib/deploy-key/key"),
            self.path("jenkins", "var/lib/deploy-key/known_hosts"),
            self.path("web", "var/lib/deploy-user/authorized_keys"),
            self.path("app", "var/lib/deploy-user/authorized_keys"),
            self.folder / "asked",
        ):
            path.unlink(missing_ok=True)
        self.install_deploy(f'echo "$@" >>{self.folder}/asked')

    def install_deploy(self, body: str) -> None:
        """What stands for microblog-deploy on the application server."""
        program(self.path("app", "usr/local/sbin/microblog-deploy"), body)

    def new_host_key(self, role: str) -> None:
        folder = self.hosts[role].root / "etc/ssh"
        for kind in ("ed25519", "ecdsa"):
            path = folder / f"ssh_host_{kind}_key"
            path.unlink(missing_ok=True)
            keygen = ["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "root@host", "-f", path]
            subprocess.run(keygen, check=True)

    def sync(self, *roles: str) -> None:
        """One run of the timers of these hosts, by the commands that are installed there."""
        for role in roles:
            for module in ("ssh_host_keys", TIMERS[role]) if role != "jenkins" else ("deploy_key",):
                self.run_timer(role, module)

    def run_timer(self, role: str, module: str) -> subprocess.CompletedProcess[str]:
        name = module.replace("_", "-")
        command = self.hosts[role].root / f"usr/local/lib/microblog-boot/{name}"
        # With systemd's PATH.
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"
        done = subprocess.run([command], capture_output=True, text=True, env={"PATH": path})
        assert done.returncode == 0, done.stderr
        return done

    def path(self, role: str, name: str) -> Path:
        return self.hosts[role].root / name

    def ssh(self, *arguments: str, config: Path | None = None) -> subprocess.CompletedProcess[str]:
        config = config or self.path("jenkins", "var/lib/deploy-key/ssh_config")
        return subprocess.run(
            [need("ssh", "openssh-client"), "-F", config, *arguments],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=120,
            env={**os.environ, "DISPLAY": ":99"},
        )

    def deploy(self, commit: str = COMMIT) -> subprocess.CompletedProcess[str]:
        return self.ssh("app", f"microblog-deploy {commit}")

    def asked(self) -> list[str]:
        path = self.folder / "asked"
        return path.read_text().splitlines() if path.exists() else []


@contextmanager
def parameter_store() -> Iterator[ParameterStore]:
    store = ParameterStore()
    thread = Thread(target=store.serve_forever)
    thread.start()
    try:
        yield store
    finally:
        store.shutdown()
        thread.join()
        store.server_close()


@pytest.fixture(scope="module")
def booted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    need("sshd", "openssh-server")
    with parameter_store() as store:
        yield Machines(tmp_path_factory.mktemp("machines"), store)


@pytest.fixture
def machines(booted: Machines) -> Machines:
    """Hosts that have booted, and whose timers have not run yet."""
    booted.forget()
    return booted


@pytest.fixture
def trusting(machines: Machines) -> Iterator[Machines]:
    machines.sync("jenkins", "web", "app", "jenkins")
    with ExitStack() as stack:
        for role in ("web", "app"):
            stack.enter_context(Sshd(machines, role))
        yield machines


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    """Hosts that trust each other, for tests that change nothing."""
    need("sshd", "openssh-server")
    with parameter_store() as store:
        machines = Machines(tmp_path_factory.mktemp("machines"), store)
        machines.sync("jenkins", "web", "app", "jenkins")
        with Sshd(machines, "web"), Sshd(machines, "app"):
            yield machines


class Sshd:
    """The real sshd, with what the modules left in sshd_config.d and a distribution's sshd_config
    around it."""

    def __init__(self, machines: Machines, role: str) -> None:
        self.port = machines.ports[role]
        ssh = machines.path(role, "etc/ssh")
        fakes = machines.folder / role / "sudo"
        program(fakes / "sudo", '[[ $1 == --non-interactive ]] && shift && exec "$@"')
        self.config = ssh / "sshd_config"
        self.config.write_text(
            f"Include {ssh}/sshd_config.d/*.conf\n"
            f"ListenAddress 127.0.0.1:{self.port}\n"
            f"HostKey {ssh}/ssh_host_ed25519_key\n"
            f"HostKey {ssh}/ssh_host_ecdsa_key\n"
            "PidFile none\nUsePAM no\nPermitRootLogin yes\nPasswordAuthentication no\n"
            # A test's folder is below one that everybody may write in.
            "StrictModes no\n"
            f"SetEnv PATH={fakes}:/usr/bin:/bin\n"
            "X11Forwarding yes\nAllowAgentForwarding yes\nAllowTcpForwarding yes\n"
            "Subsystem sftp internal-sftp\n"
        )
        self.log = machines.folder / f"{role}.log"

    def __enter__(self) -> None:
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        self.process = subprocess.Popen(
            [need("sshd", "openssh-server"), "-D", "-f", self.config, "-E", self.log]
        )
        wait_for(self.port, self.log)

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(60)


def program(path: Path, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/bash\n{body}\n")
    path.chmod(0o755)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(port: int, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    pytest.fail(f"sshd does not answer: {log.read_text() if log.exists() else 'no log'}")


def test_jenkins_deploys_through_the_web_server_and_is_told_what_came_of_it(
    trusting: Machines,
) -> None:
    done = trusting.deploy()
    assert (done.returncode, trusting.asked()) == (0, [COMMIT]), done.stderr
    assert "Accepted publickey" not in done.stderr
    trusting.install_deploy("echo rolled back; exit 7")
    failed = trusting.deploy()
    assert (failed.returncode, failed.stdout) == (7, "rolled back\n")


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "microblog-deploy",
        "microblog-deploy ",
        "microblog-deploy main",
        "microblog-deploy --help",
        f"microblog-deploy -- {COMMIT}",
        f"microblog-deploy {COMMIT[:-1]}",
        f"microblog-deploy {COMMIT}0",
        f"microblog-deploy {COMMIT.upper()}",
        f"microblog-deploy {COMMIT} ",
        f"microblog-deploy  {COMMIT}",
        f"microblog-deploy\t{COMMIT}",
        f" microblog-deploy {COMMIT}",
        f"microblog-deploy {COMMIT}\n",
        f"microblog-deploy {COMMIT}\nid",
        f"true\nmicroblog-deploy {COMMIT}",
        f"microblog-deploy {COMMIT}; id",
        f"microblog-deploy {COMMIT} {COMMIT}",
        f"microblog-deploy $(touch broken){COMMIT}",
        f"microblog-deploy `id`{COMMIT[4:]}",
        "microblog-deploy " + "a" * 100_000,
        f"microblog-deploy {COMMIT[:-1]}٣",
        f"sudo microblog-deploy {COMMIT}",
        "bash -i",
        "cat /etc/passwd",
        "internal-sftp",
    ],
)
def test_nothing_else_can_be_asked_of_the_application_server(asking: Machines, asked: str) -> None:
    done = asking.ssh("app", asked)
    assert (done.returncode, done.stdout) == (REFUSED, "")
    assert "refused: ask for microblog-deploy and one full commit" in done.stderr
    assert asking.asked() == []
    assert not list(asking.folder.rglob("broken"))


def test_file_transfer_is_refused_on_both_servers(asking: Machines) -> None:
    assert asking.ssh("-s", "app", "sftp").returncode == REFUSED
    assert asking.ssh("-s", "web", "sftp").returncode == NO_CONNECTION


@pytest.mark.parametrize("command", [(), ("true",), (f"microblog-deploy {COMMIT}",)])
def test_the_web_server_gives_no_session(asking: Machines, command: tuple[str, ...]) -> None:
    done = asking.ssh("web", *command)
    assert (done.returncode, done.stdout) == (NO_CONNECTION, "")
    assert asking.asked() == []


def test_the_web_server_is_a_jump_to_the_application_servers_ssh_alone(asking: Machines) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = asking.ssh("-W", f"127.0.0.1:{port}", "web")
        assert done.returncode == NO_CONNECTION
        assert "administratively prohibited" in done.stderr
        assert asking.ssh("-W", f"localhost:{asking.ports['app']}", "web").returncode != 0
    allowed = asking.ssh("-W", f"127.0.0.1:{asking.ports['app']}", "web")
    assert allowed.stdout.startswith("SSH-2.0-")


def test_the_application_server_is_a_jump_to_nowhere(asking: Machines) -> None:
    for port in asking.ports.values():
        done = asking.ssh("-W", f"127.0.0.1:{port}", "app")
        assert done.returncode == NO_CONNECTION
        assert "administratively prohibited" in done.stderr


@pytest.mark.parametrize("server", ["web", "app"])
@pytest.mark.parametrize("where", ["port", "socket"])
def test_neither_server_listens_for_jenkins(asking: Machines, server: str, where: str) -> None:
    listen = str(free_port()) if where == "port" else str(asking.folder / f"{server}.sock")
    target = "127.0.0.1:9" if where == "port" else f"{asking.folder}/other.sock"
    done = asking.ssh("-N", "-o", "ExitOnForwardFailure=yes", "-R", f"{listen}:{target}", server)
    assert done.returncode == NO_CONNECTION
    assert "forwarding failed" in done.stderr
    assert not (asking.folder / f"{server}.sock").exists()


@pytest.mark.parametrize("server", ["web", "app"])
def test_no_socket_of_a_server_can_be_reached(asking: Machines, server: str) -> None:
    path = asking.folder / "private.sock"
    with socket.socket(socket.AF_UNIX) as private, socket.socket() as probe:
        path.unlink(missing_ok=True)
        private.bind(str(path))
        private.listen()
        port = free_port()
        config = asking.path("jenkins", "var/lib/deploy-key/ssh_config")
        tunnel = subprocess.Popen(
            ["ssh", "-F", config, "-N", "-L", f"127.0.0.1:{port}:{path}", server],
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for(port, path)
            probe.settimeout(60)
            probe.connect(("127.0.0.1", port))
            with suppress(ConnectionResetError, BrokenPipeError):
                probe.sendall(b"x")
                assert probe.recv(1) == b""
        finally:
            tunnel.kill()
            tunnel.wait()
        private.setblocking(False)
        with pytest.raises(BlockingIOError):
            private.accept()


def test_a_deploy_gets_neither_agent_nor_display(trusting: Machines) -> None:
    trusting.install_deploy(f"env >{trusting.folder}/env")
    with agent() as path:
        done = trusting.ssh(
            "-A", "-X", "-o", f"IdentityAgent={path}", "app", f"microblog-deploy {COMMIT}"
        )
    assert done.returncode == 0
    assert "X11 forwarding request failed" in done.stderr
    environment = (trusting.folder / "env").read_text()
    assert "PATH=" in environment
    assert not re.search("^(SSH_AUTH_SOCK|DISPLAY)=", environment, re.MULTILINE)


def test_nobody_gets_a_terminal(asking: Machines) -> None:
    done = asking.ssh("-tt", "app", "tty")
    assert done.returncode == NO_CONNECTION
    assert "PTY allocation request failed" in done.stderr


@contextmanager
def agent() -> Iterator[str]:
    """The socket of a running ssh-agent."""
    started = subprocess.run(["ssh-agent", "-s"], capture_output=True, text=True, check=True)
    found = dict(re.findall(r"(SSH_\w+)=([^;]+);", started.stdout))
    try:
        yield found["SSH_AUTH_SOCK"]
    finally:
        os.kill(int(found["SSH_AGENT_PID"]), signal.SIGTERM)


def with_config(machines: Machines, edit: Callable[[str], str]) -> Path:
    """A copy of Jenkins' ssh_config, edited; the hop to the web server uses it too."""
    text = machines.path("jenkins", "var/lib/deploy-key/ssh_config").read_text()
    path = machines.folder / "edited_ssh_config"
    path.write_text(edit(text))
    return path


def test_another_key_opens_neither_server(asking: Machines) -> None:
    other = asking.folder / "other_key"
    if not other.exists():
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", other], check=True)
    own = str(asking.path("jenkins", "var/lib/deploy-key/key"))
    everywhere = with_config(asking, lambda text: text.replace(own, str(other)))
    for server in ("web", "app"):
        done = asking.ssh(server, f"microblog-deploy {COMMIT}", config=everywhere)
        assert done.returncode == NO_CONNECTION
        assert "Permission denied (publickey)" in done.stderr
    assert asking.asked() == []


def test_the_key_is_accepted_from_one_address_only(asking: Machines) -> None:
    target = f"127.0.0.1:{asking.ports['app']}"
    assert asking.ssh("-b", "127.0.0.1", "-W", target, "web").returncode == 0
    elsewhere = asking.ssh("-b", "127.0.0.9", "-W", target, "web")
    assert elsewhere.returncode == NO_CONNECTION
    assert "Permission denied (publickey)" in elsewhere.stderr
    direct = asking.ssh("-b", "127.0.0.9", "-J", "none", "app", f"microblog-deploy {COMMIT}")
    assert "Permission denied (publickey)" in direct.stderr
    assert asking.asked() == []


@pytest.mark.parametrize("replaced", ["web", "app"])
def test_a_replaced_server_is_refused_until_it_is_known_and_then_deployed_to(
    machines: Machines, replaced: str
) -> None:
    machines.sync("jenkins", "web", "app", "jenkins")
    machines.new_host_key(replaced)
    with Sshd(machines, "web"), Sshd(machines, "app"):
        refused = machines.deploy()
        assert refused.returncode == NO_CONNECTION
        assert "REMOTE HOST IDENTIFICATION HAS CHANGED" in refused.stderr
        machines.sync(replaced)
        assert machines.deploy().returncode == NO_CONNECTION
        assert machines.asked() == []
        machines.sync("jenkins")
        assert machines.deploy().returncode == 0
    assert machines.asked() == [COMMIT]


def test_a_server_that_nobody_published_is_not_trusted_at_first_sight(machines: Machines) -> None:
    machines.sync("jenkins", "web", "app")
    with Sshd(machines, "web"), Sshd(machines, "app"):
        done = machines.deploy()
    assert done.returncode == NO_CONNECTION
    assert "Host key verification failed" in done.stderr


def test_a_replaced_jenkins_deploys_and_its_old_key_does_not(trusting: Machines) -> None:
    folder = trusting.path("jenkins", "var/lib/deploy-key")
    old = trusting.folder / "old_key"
    shutil.copy(folder / "key", old)
    (folder / "key").unlink()
    trusting.sync("jenkins")
    assert trusting.deploy().returncode == NO_CONNECTION
    trusting.sync("web", "app")
    assert trusting.deploy().returncode == 0
    config = with_config(trusting, lambda text: text.replace(str(folder / "key"), str(old)))
    assert trusting.ssh("app", f"microblog-deploy {COMMIT}", config=config).returncode != 0
    assert trusting.asked() == [COMMIT]


@pytest.mark.parametrize("order", list(itertools.permutations(TIMERS)), ids="-".join)
def test_the_hosts_know_each_other_after_two_runs_of_their_timers_in_any_order(
    machines: Machines, order: tuple[str, ...]
) -> None:
    machines.sync(*order)
    machines.sync(*order)
    own_key = machines.store.values["/microblog/dev/jenkins/deploy_key"]
    assert re.fullmatch(r"ssh-ed25519 \S+", own_key)
    for role, options in {"web": "restrict,port-forwarding,", "app": "restrict,"}.items():
        authorized = machines.path(role, "var/lib/deploy-user/authorized_keys").read_text()
        assert authorized == f'{options}from="127.0.0.1" {own_key}\n'
    known = machines.path("jenkins", "var/lib/deploy-key/known_hosts").read_text()
    assert known.splitlines() == [
        f"{role} {' '.join(path.read_text().split()[:2])}"
        for role in ("web", "app")
        for path in sorted(machines.path(role, "etc/ssh").glob("*.pub"))
    ]


def test_a_run_that_finds_everything_right_publishes_and_writes_nothing(
    machines: Machines,
) -> None:
    machines.sync("jenkins", "web", "app", "jenkins")
    written = {
        path: path.stat().st_mtime_ns for path in machines.folder.rglob("*") if path.is_file()
    }
    puts = machines.store.puts
    machines.sync("jenkins", "web", "app")
    assert machines.store.puts == puts
    changed = [
        path
        for path in machines.folder.rglob("*")
        if path.is_file() and written.get(path) != path.stat().st_mtime_ns
    ]
    assert changed == []


def test_a_key_that_is_no_longer_published_opens_nothing(trusting: Machines) -> None:
    del trusting.store.values["/microblog/dev/jenkins/deploy_key"]
    trusting.sync("web", "app")
    assert trusting.deploy().returncode == NO_CONNECTION


@pytest.mark.parametrize(
    "published",
    [
        "ssh-ed25519 AAAA",
        'command="id" {key}',
        "{key}\n{key}",
        "{key} comment",
        "{key}\nssh-rsa AAAA",
        "cert-authority {key}",
        "# {key}",
        "ssh-rsa AAAAB3NzaC1yc2E=",
    ],
)
def test_what_is_not_exactly_one_key_is_authorised_nowhere(
    machines: Machines, published: str
) -> None:
    machines.sync("jenkins")
    name = "/microblog/dev/jenkins/deploy_key"
    machines.store.values[name] = published.format(key=machines.store.values[name])
    done = machines.run_timer("web", "deploy_user")
    assert "is no Ed25519 key" in done.stderr
    assert machines.path("web", "var/lib/deploy-user/authorized_keys").read_text().strip() == ""


@pytest.mark.parametrize(
    "published",
    ["@cert-authority * ssh-ed25519 AAAA", "app ssh-ed25519 AAAA", "* ssh-ed25519 AAAA", "x", "#"],
)
def test_a_host_speaks_for_nobody_but_itself(machines: Machines, published: str) -> None:
    machines.sync("web", "app")
    name = "/microblog/dev/web/ssh_host_keys"
    machines.store.values[name] = f"{published}\n{machines.store.values[name]}"
    done = machines.run_timer("jenkins", "deploy_key")
    assert "the web server published what is no host key" in done.stderr
    known = machines.path("jenkins", "var/lib/deploy-key/known_hosts").read_text().splitlines()
    assert [line.split()[0] for line in known] == ["web", "web", "app", "app"]
    assert not any(line.split()[2] == "AAAA" for line in known)


def test_no_private_key_is_published_or_readable_by_others(machines: Machines) -> None:
    machines.sync("jenkins", "web", "app", "jenkins")
    key = machines.path("jenkins", "var/lib/deploy-key/key")
    assert key.stat().st_mode & 0o777 == 0o600
    secret = "".join(key.read_text().splitlines()[1:-1])
    outside = "\n".join(machines.store.values.values())
    for role in machines.hosts:
        outside += render(role, ROLES[role], machines.settings(role)).script
    assert "PRIVATE KEY" not in outside
    assert secret[80:120] not in outside.replace("\\n", "")
    assert set(machines.store.values) == {
        "/microblog/dev/jenkins/deploy_key",
        "/microblog/dev/web/ssh_host_keys",
        "/microblog/dev/app/ssh_host_keys",
    }


@pytest.mark.parametrize("role", ["web", "app"])
def test_nobody_else_is_held_to_the_rules_of_deploys(machines: Machines, role: str) -> None:
    distribution = Path("/etc/ssh/sshd_config")
    if not distribution.is_file():
        pytest.skip("no sshd_config of the distribution: apt-get install openssh-server")
    ssh = machines.path(role, "etc/ssh")
    config = machines.folder / f"{role}_sshd_config"
    text = distribution.read_text().replace("/etc/ssh/sshd_config.d", f"{ssh}/sshd_config.d")
    config.write_text(f"{text}\nHostKey {ssh}/ssh_host_ed25519_key\n")
    rules = ssh / "sshd_config.d/20-deploy-user.conf"

    def options(user: str) -> list[str]:
        who = f"user={user},host=somewhere,addr=203.0.113.1"
        command = [need("sshd", "openssh-server"), "-T", "-f", config, "-C", who]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split(
            "\n"
        )

    for_others, for_deploys = options("ubuntu"), options(getpass.getuser())
    assert set(for_deploys) - set(for_others)
    kept = rules.read_text()
    rules.unlink()
    try:
        assert for_others == options("ubuntu")
    finally:
        rules.write_text(kept)
