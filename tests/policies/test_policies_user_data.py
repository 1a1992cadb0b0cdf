"""Secrets are found however user data wraps them; what hosts make themselves is none."""

from __future__ import annotations

import base64
import bz2
import gzip
import lzma
import os
import string
import zlib
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import secret_patterns, templates, user_data

PRIVATE_KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----\n"


def found(text: str) -> set[str]:
    return {what for _, inner in user_data.texts(text) for what, _ in secret_patterns.find(inner)}


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def mime(text: str) -> str:
    message = MIMEMultipart()
    message.attach(MIMEText(text, "x-shellscript", "utf-8"))
    return message.as_string()


WRAPPINGS = {
    "plain": str,
    "base64": lambda text: encoded(text.encode()),
    "gzip in base64": lambda text: encoded(gzip.compress(text.encode())),
    "zlib in base64": lambda text: encoded(zlib.compress(text.encode())),
    "bzip2 in base64": lambda text: encoded(bz2.compress(text.encode())),
    "xz in base64": lambda text: encoded(lzma.compress(text.encode())),
    "lzma in base64": lambda text: encoded(lzma.compress(text.encode(), lzma.FORMAT_ALONE)),
    "second member of an archive": lambda text: encoded(
        gzip.compress(b"#!/bin/sh\n") + gzip.compress(text.encode())
    ),
    "behind an archive": lambda text: encoded(gzip.compress(b"#!/bin/sh\n") + text.encode()),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "beside Cyrillic": lambda text: encoded(f"# Сервер приложений: пароль\n{text}".encode()),
    "one word of a command": lambda text: f"echo {encoded(text.encode())} | base64 -d | sh\n",
    "MIME": mime,
    "MIME, gzip, base64": lambda text: encoded(gzip.compress(mime(text).encode())),
    "file in cloud-config": lambda text: (
        f"#cloud-config\nwrite_files:\n- encoding: gz+b64\n"
        f"  content: {encoded(gzip.compress(text.encode()))}\n"
    ),
    "wrapped lines": lambda text: base64.encodebytes(text.encode()).decode(),
    "base64 twice": lambda text: encoded(encoded(text.encode()).encode()),
    "template function": lambda text: f'${{base64encode("{text}")}}',
    "function within a function": lambda text: f'${{base64encode(join("", ["{text}"]))}}',
}


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_a_private_key_is_found_in_every_wrapping(wrapping: str) -> None:
    script = f"#!/bin/sh\nset -eu\ncat > key <<EOF\n{PRIVATE_KEY}EOF\n"
    assert found(WRAPPINGS[wrapping](script)) == {"a private key"}


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_a_clean_script_is_clean_in_every_wrapping(wrapping: str) -> None:
    assert found(
        WRAPPINGS[wrapping]("#!/bin/sh\nset -eu\napt-get install -y nginx gunicorn\n")
    ) == (set())


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("-----BEGIN OPENSSH PRIVATE KEY-----", "a private key"),
        ("-----BEGIN PRIVATE KEY-----", "a private key"),
        ("-----BEGIN EC PRIVATE KEY-----", "a private key"),
        ("-----BEGIN PGP PRIVATE KEY BLOCK-----", "a private key"),
        ("aws configure set aws_access_key_id AKIAIOSFODNN7EXAMPLE", "an AWS access key"),
        ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "a literal secret"),
        ("git clone https://ci:hunter22@github.com/x/y", "credentials in a connection string"),
        ("mysql+pymysql://root:pa55word@db:3306/app", "credentials in a connection string"),
        ("redis://:hunter22@cache:6379", "credentials in a connection string"),
        ("curl -u admin:hunter22 http://localhost:8080/", "credentials on a command line"),
        ("curl -H 'Authorization: Bearer 0123456789abcdef' x", "credentials in a header"),
        ("echo 'ubuntu:hunter22' | chpasswd", "credentials on a command line"),
        ("passwd: $6$rounds=4096$saltsalt$0123456789abcdefghijkl", "a password hash"),
        ("export GITHUB_TOKEN=ghp_0123456789abcdefghijABCDEFGHIJ012345", "a service's token"),
        ("curl -fsSu admin:hunter22 x", "credentials on a command line"),
        ("curl -fsS \\\n  --user admin:hunter22 x", "credentials on a command line"),
        ("mysql -u root -phunter22secret app", "credentials on a command line"),
        ("mysqldump -p'hunter22' app > x", "credentials on a command line"),
        ("sshpass -p hunter22 ssh web", "credentials on a command line"),
        ("docker login -u ci -p hunter22 hub", "credentials on a command line"),
        ("redis-cli -a hunter22 ping", "credentials on a command line"),
        ("requirepass hunter22", "credentials on a command line"),
        ("htpasswd -bc /etc/nginx/users ci hunter22", "credentials on a command line"),
        ("openssl rsa -in key -passin pass:hunter22", "credentials on a command line"),
        ("chpasswd <<< 'ubuntu:hunter22'", "credentials on a command line"),
        ("chpasswd <<EOF\nubuntu:hunter22\nEOF", "credentials on a command line"),
        ("printf 'ubuntu:hunter22\\n' | sudo -n chpasswd", "credentials on a command line"),
        ("echo hunter22 | passwd --stdin root", "credentials on a command line"),
        ("machine github.com login ci password hunter22", "credentials on a command line"),
        ("machine github.com\n  login ci\n  password hunter22", "credentials on a command line"),
        ("CREATE USER app IDENTIFIED BY 'hunter22';", "credentials on a command line"),
        ("alter role app with login password 'hunter22';", "credentials on a command line"),
        ("max_password: hunter22", "a literal secret"),
        ("password: 12345", "a literal secret"),
        ("secret: hunter22", "a literal secret"),
        ("client_secret: microblog-prod", "a literal secret"),
        ("secret=microblog-prod", "a literal secret"),
        ("ADMIN_PASSWORD=correct-horse", "a literal secret"),
        ("ADMIN_PASSWORD='correct horse'", "a literal secret"),
        ("DB_PASSWORD=hunter22 ./manage.py migrate", "a literal secret"),
        ("export SECRET_KEY=\"you-will-never-guess\"", "a literal secret"),
        ("password: correct-horse", "a literal secret"),
        ('{"adminPassword": "correct-horse"}', "a literal secret"),
        ("mysqladmin --password=hunter22 create app", "a literal secret"),
        ("grafana cli --admin-password hunter22", "a literal secret"),
        ("NVD_API_KEY=0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0", "a literal secret"),
        ("client_secret = 'GOCSPX-abcdef'", "a literal secret"),
    ],
)  # fmt: skip
def test_a_secret_is_named_for_what_it_is(line: str, what: str) -> None:
    assert what in found(f"#!/bin/sh\n{line}\n")


@pytest.mark.parametrize(
    "line",
    [
        "SECRET_KEY=$(head -c 32 /dev/urandom | base64)",
        "SECRET_KEY=`openssl rand -hex 32`",
        'SECRET_KEY="${SECRET_KEY:-$(openssl rand -hex 32)}"',
        "SECRET_KEY_FILE=/etc/microblog/secret_key",
        'token="$(curl -fsS -X PUT http://169.254.169.254/latest/api/token)"',
        'curl -H "X-aws-ec2-metadata-token: ${token}" "${url}"',
        'curl -H "X-aws-ec2-metadata-token-ttl-seconds: 300" -X PUT "${url}"',
        "JENKINS_PASSWORD_PARAMETER='/microblog/dev/jenkins/admin-password'",
        'password: "${JENKINS_ADMIN_PASSWORD}"',
        "password: $__file{/etc/grafana/admin-password}",
        "admin_password = ${file:/run/credentials/grafana}",
        "http_tokens: required",
        "secret: microblog-prod",
        "max_password: 12345",
        "min-password = 12",
        "mysql -u root -p",
        'mysql -p"${password}" app',
        "mkdir -p /srv/microblog && mysql --version",
        "docker login -u ci --password-stdin < /run/secret",
        'curl -u "${user}:${password}" x',
        "curl -fsS -o out -U x http://localhost:3000/",
        "generate | chpasswd",
        'chpasswd <<< "ubuntu:${password}"',
        "login ci password ${password}",
        "passwordauthentication no",
        "PasswordAuthentication no",
        "ssh_pwauth: false",
        "postgresql://${user}:${password}@db/app",
        "sqlite:////var/lib/microblog/app.db",
        "http://localhost:3000/login@home",
        "# The token is read from Parameter Store: nobody types it",
        "if [ -z \"$password\" ]; then fail 'no password'; fi",
        'aws ssm get-parameter --with-decryption --name "$TOKEN_PARAMETER"',
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ6hJOfFZ0mGZQvWQ0Xn1Zw2lN5qN6pP8b3f2k1dTest ci",
        "sha256=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "signed-by=/usr/share/keyrings/jenkins.asc",
        "fingerprint=63667EE74BBA1F0A08A698725BA31D57EF5975CA",
        "-----BEGIN PGP PUBLIC KEY BLOCK-----",
        "-----BEGIN CERTIFICATE-----",
    ],
)
def test_what_is_no_secret_is_let_through(line: str) -> None:
    assert found(f"#!/bin/sh\n{line}\n") == set()


@pytest.mark.parametrize(
    "secret", ["PASSWORD=hunter2x", "TOKEN=abcde\n", "SECRET_KEY='x?>~ю'", "API_KEY=abcd1234"]
)
def test_encoded_user_data_is_searched_however_short_it_is(secret: str) -> None:
    for text in (encoded(secret.encode()), encoded(gzip.compress(secret.encode()))):
        held = [one for _, one in user_data.texts(text, encoded=True)]
        assert any([*secret_patterns.find(one)] for one in held)


def test_encoded_user_data_that_is_no_text_is_refused_rather_than_let_through() -> None:
    script = b"#!/bin/sh\ntail -n 1 $0 | gunzip | sh; exit\n" + gzip.compress(b"exit")
    with pytest.raises(user_data.UnsearchableError, match="neither UTF-8 text nor an archive"):
        list(user_data.texts(encoded(script), encoded=True))


def test_text_within_more_wrappings_than_anybody_needs_is_refused() -> None:
    data = PRIVATE_KEY.encode()
    for _ in range(9):
        data = base64.b64encode(data)
    with pytest.raises(user_data.UnsearchableError, match="wrapped more than"):
        list(user_data.texts(data.decode()))


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("${tls_private_key.d.private_key_pem}", "tls_private_key.d.private_key_pem"),
        ("${random_password.db.result}", "random_password.db.result"),
        ("${random_password.db[0].result}", "random_password.db[0].result"),
        ("${random_string.db.id}", "random_string.db.id"),
        (
            "${aws_secretsmanager_secret_version.db.secret_string}",
            "aws_secretsmanager_secret_version.db.secret_string",
        ),
        ("${data.aws_ssm_parameter.x.value}", "data.aws_ssm_parameter.x.value"),
        ("${var.db_password}", "var.db_password"),
        ("${local.all.id}", "local.all.id"),
        ("${module.network.id}", "module.network.id"),
        ("${jsonencode(aws_db_instance.db)}", "aws_db_instance.db"),
        ('${base64encode("PASSWORD=${var.db_password}")}', "var.db_password"),
        ('${aws_eip.x.public_ip == "}" ? var.a : ""}', "var.a"),
        ("%{ if true }${var.db_password}%{ endif }", "var.db_password"),
        ('${file("/etc/x")}', "file()"),
        ('${templatefile("x.sh", {})}', "templatefile()"),
    ],
)
def test_what_a_template_brings_in_is_named(template: str, name: str) -> None:
    assert name in list(templates.untold(f"#!/bin/sh\nX='{template}'\n"))


@pytest.mark.parametrize(
    "template",
    [
        "${aws_instance.web.private_ip}",
        "${aws_instance.web[0].private_ip}",
        '${aws_instance.web["a"].private_ip}',
        '${join(",", aws_instance.web[*].private_ip)}',
        "${data.aws_vpc.default.cidr_block}",
        "${aws_lb.front.dns_name}",
        "$${var.db_password}",
        "%%{ if var.db_password }",
        "import flask_login.utils.password",
    ],
)
def test_an_address_a_name_or_an_id_may_be_brought_in(template: str) -> None:
    script = f"#!/bin/sh\nX='{template}'; Y=${{aws_vpc.x.id}}\n"
    assert list(templates.untold(script)) == []


@given(st.text('${}%"\\a._()[]', max_size=40))
def test_any_template_is_read_without_an_error(text: str) -> None:
    list(templates.untold(text))
    list(templates.literals(text))


@given(st.binary(max_size=600))
def test_randomness_alone_is_no_secret(data: bytes) -> None:
    assert found(f"#!/bin/sh\nblob={data.hex()}\necho {encoded(data)}\n") == set()


@given(st.text(string.printable, max_size=300))
def test_any_text_is_read_without_an_error(text: str) -> None:
    list(user_data.texts(text))
    found(encoded(text.encode()))


def test_of_a_truncated_archive_the_beginning_is_searched() -> None:
    packed = gzip.compress(f"#!/bin/sh\n{PRIVATE_KEY}".encode() + os.urandom(3000))
    assert found(encoded(packed[:-1000])) == {"a private key"}


def test_a_bottomless_archive_is_refused_rather_than_half_searched() -> None:
    with pytest.raises(user_data.UnsearchableError):
        found(encoded(gzip.compress(bytes(64 * 1024 * 1024))))


def test_the_line_is_told_but_never_the_secret() -> None:
    (hit,) = secret_patterns.find("#!/bin/sh\n\nADMIN_PASSWORD='correct-horse'\n")
    assert hit == ("a literal secret", 3)


def test_the_scripts_of_this_repository_hold_no_secret() -> None:
    folder = Path(__file__).resolve().parents[2] / "userdata"
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert [*secret_patterns.find(path.read_text(encoding="utf-8"))] == [], path
