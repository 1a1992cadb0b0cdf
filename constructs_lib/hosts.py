"""What each host is told at its first boot: an environment's facts as settings of user data."""

from __future__ import annotations

from constructs_lib.environment import Environment
from constructs_lib.iam import partition
from constructs_lib.ports import (
    GRAFANA,
    GUNICORN,
    GUNICORN_EXPORTER,
    HTTP,
    JENKINS,
    MTAIL,
    NGINX_EXPORTER,
    NODE_EXPORTER,
    PROMETHEUS,
    SSH,
)
from constructs_lib.userdata import ROLES, UserData, render

JENKINS_JOB = "workload_4"


def settings_of(environment: Environment, role: str) -> dict[str, str | int]:
    """The settings that the host of `role` takes from the environment."""
    return {
        "HOST_PROJECT": environment.project,
        "HOST_ENVIRONMENT": environment.name,
        "HOST_ROLE": role,
        "HOST_REGION": environment.region,
        "AWS_ENDPOINT": f"https://SERVICE.REGION.{partition(environment.region).dns_suffix}",
        "NODE_EXPORTER_PORT": NODE_EXPORTER.number,
        **_settings_of_modules(environment, role),
    }


def _settings_of_modules(environment: Environment, role: str) -> dict[str, str | int]:
    servers = environment.servers
    match role:
        case "web":
            return {
                "DEPLOY_USER_FROM": str(servers.jenkins.address),
                "DEPLOY_USER_JUMP": f"{servers.app.address}:{SSH.number}",
                "NGINX_LISTEN_PORT": HTTP.number,
                "NGINX_TLS": "yes" if environment.microblog.https else "no",
                "NGINX_UPSTREAM_ADDRESS": str(servers.app.address),
                "NGINX_UPSTREAM_PORT": GUNICORN.number,
                "NGINX_EXPORTER_PORT": NGINX_EXPORTER.number,
                "MTAIL_PORT": MTAIL.number,
            }
        case "app":
            return {
                "DEPLOY_USER_FROM": str(servers.web.address),
                "MICROBLOG_REPOSITORY": environment.microblog.repository,
                "MICROBLOG_REVISION": environment.microblog.revision,
                "MICROBLOG_PORT": GUNICORN.number,
                "MICROBLOG_PROXY_ADDRESS": str(servers.web.address),
                "GUNICORN_EXPORTER_PORT": GUNICORN_EXPORTER.number,
                "GUNICORN_EXPORTER_HEALTH_URL": f"http://127.0.0.1:{GUNICORN.number}/",
            }
        case "jenkins":
            return {
                "DEPLOY_KEY_WEB_ADDRESS": str(servers.web.address),
                "DEPLOY_KEY_APP_ADDRESS": str(servers.app.address),
                "DEPLOY_KEY_PORT": SSH.number,
                "REDIRECT_PORT": HTTP.number,
                "REDIRECT_TO_PORT": JENKINS.number,
                "JENKINS_PORT": JENKINS.number,
                "JENKINS_JOB": JENKINS_JOB,
                "JENKINS_REPOSITORY": environment.microblog.repository,
            }
        case "monitoring":
            return {
                "PROMETHEUS_PORT": PROMETHEUS.number,
                "GRAFANA_PORT": GRAFANA.number,
                "GRAFANA_PROMETHEUS_PORT": PROMETHEUS.number,
                "ALERTMANAGER_TOPIC": environment.alarm_topic,
            }
    raise KeyError(role)


def user_data(environment: Environment, role: str) -> UserData:
    """The host's user data. Raises `userdata.UserDataError`."""
    return render(role, ROLES[role], settings_of(environment, role))
