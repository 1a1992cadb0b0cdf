"""The AWS account of a rehearsal: moto, with the stack's instances in it."""

from __future__ import annotations

import re
from typing import Any

from moto.ec2.models import ec2_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.test import Client

from constructs_lib.errors import RunError
from rehearsal.metadata import ACCOUNT
from rehearsal.network import Host, Network

_VERSION = "2016-11-15"  # of the EC2 API


class Account:
    """`application` answers the AWS APIs as a WSGI application."""

    def __init__(self, network: Network) -> None:
        self.application: Any = DomainDispatcherApplication(create_backend_app)
        self._backend: Any = ec2_backends[ACCOUNT][network.region]
        self._client = Client(self.application)
        self._url = f"https://ec2.{network.region}.amazonaws.com/"
        # moto takes service and region from here, and looks at no signature.
        scope = f"rehearsal/20260101/{network.region}/ec2/aws4_request"
        self._signed = {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, Signature=0"}
        vpcs = {
            one.name: self._ask("CreateVpc", "vpcId", CidrBlock=one.cidr) for one in network.vpcs
        }
        self._subnets = {
            one.name: self._ask(
                "CreateSubnet",
                "subnetId",
                VpcId=vpcs[one.vpc],
                CidrBlock=one.cidr,
                AvailabilityZone=one.zone,
            )
            for one in network.subnets
        }

    def start(self, host: Host) -> str:
        """Run an instance for the host; its id."""
        tags = {"TagSpecification.1.ResourceType": "instance"}
        for number, (key, value) in enumerate(host.tags.items(), start=1):
            tags[f"TagSpecification.1.Tag.{number}.Key"] = key
            tags[f"TagSpecification.1.Tag.{number}.Value"] = value
        return self._ask(
            "RunInstances",
            "instanceId",
            ImageId="ami-0123456789abcdef0",
            InstanceType="t3.micro",
            MinCount="1",
            MaxCount="1",
            SubnetId=self._subnets[host.subnet],
            PrivateIpAddress=host.address,
            **tags,
        )

    def end(self, host: Host, instance: str) -> None:
        self._ask("TerminateInstances", "instanceId", **{"InstanceId.1": instance})
        # moto keeps the address of a terminated instance; AWS gives it to the next one.
        subnet = self._backend.get_subnet(self._subnets[host.subnet])
        subnet.del_subnet_ip(host.address)

    def _ask(self, action: str, answer: str, **arguments: str) -> str:
        """The first element named `answer` of what an EC2 action returns. Raises RunError."""
        form = {"Action": action, "Version": _VERSION, **arguments}
        response = self._client.post(self._url, data=form, headers=self._signed)
        found = re.search(rf"<{answer}>([^<]+)</{answer}>", response.get_data(as_text=True))
        if found is None:
            raise RunError(f"the emulated AWS: {action}: {response.get_data(as_text=True)[:300]}")
        return found[1]
