"""A synthesised stack built in an emulated account by plain boto3 calls, without Terraform."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_REFERENCE = re.compile(r"\$\{((?:data\.)?aws_\w+\.[\w-]+)\.(\w+)\}")

Body = Mapping[str, Any]


class Applied:
    """The ids of what was made, by "TYPE.NAME", and the client that made it."""

    def __init__(self, ec2: Any, document: Mapping[str, Any]) -> None:
        self.ec2 = ec2
        self.ids: dict[str, str] = {}
        self._common = document["provider"]["aws"][0]["default_tags"][0]["tags"]
        self._adopt(document.get("data", {}))
        for type_, make in self._makers().items():
            for name, body in document["resource"].get(f"aws_{type_}", {}).items():
                made = make(body)
                if made is not None:
                    self.ids[f"aws_{type_}.{name}"] = made

    def _makers(self) -> dict[str, Any]:
        return {
            "vpc": self._vpc,
            "subnet": self._subnet,
            "internet_gateway": self._internet_gateway,
            "eip": lambda body: self.ec2.allocate_address(
                Domain="vpc", **self._tags("elastic-ip", body)
            )["AllocationId"],
            "nat_gateway": self._nat_gateway,
            "vpc_peering_connection": self._peering,
            "route_table": lambda body: self.ec2.create_route_table(
                VpcId=self._id(body["vpc_id"]), **self._tags("route-table", body)
            )["RouteTable"]["RouteTableId"],
            "route": self._route,
            "route_table_association": lambda body: self.ec2.associate_route_table(
                RouteTableId=self._id(body["route_table_id"]), SubnetId=self._id(body["subnet_id"])
            )["AssociationId"],
            "ec2_managed_prefix_list": self._prefix_list,
            "default_security_group": self._default_group,
            "security_group": self._group,
            "vpc_security_group_ingress_rule": lambda body: self._rule("ingress", body),
            "vpc_security_group_egress_rule": lambda body: self._rule("egress", body),
            "instance": self._instance,
        }

    def _id(self, reference: str) -> str:
        match = _REFERENCE.fullmatch(reference)
        if match and match[2] == "main_route_table_id":
            return self._main_table(self.ids[match[1]])
        return self.ids[match[1]] if match else reference

    def _main_table(self, vpc: str) -> str:
        filters = [
            {"Name": "vpc-id", "Values": [vpc]},
            {"Name": "association.main", "Values": ["true"]},
        ]
        (table,) = self.ec2.describe_route_tables(Filters=filters)["RouteTables"]
        return str(table["RouteTableId"])

    def _adopt(self, data: Mapping[str, Any]) -> None:
        """The default VPC, which AWS gives a way to the internet, and its subnets by CIDR."""
        for name in data.get("aws_vpc", {}):
            filters = [{"Name": "is-default", "Values": ["true"]}]
            (vpc,) = self.ec2.describe_vpcs(Filters=filters)["Vpcs"]
            self.ids[f"data.aws_vpc.{name}"] = vpc["VpcId"]
            gateway = self._internet_gateway({"vpc_id": vpc["VpcId"]})
            self.ec2.create_route(
                RouteTableId=self._main_table(vpc["VpcId"]),
                DestinationCidrBlock="0.0.0.0/0",
                GatewayId=gateway,
            )
        for name, body in data.get("aws_subnet", {}).items():
            filters = [{"Name": "cidr-block", "Values": [body["cidr_block"]]}]
            (subnet,) = self.ec2.describe_subnets(Filters=filters)["Subnets"]
            self.ids[f"data.aws_subnet.{name}"] = subnet["SubnetId"]

    def _tags(self, kind: str, body: Body) -> dict[str, Any]:
        tags = {**self._common, **body.get("tags", {})}
        listed = [{"Key": key, "Value": value} for key, value in tags.items()]
        return {"TagSpecifications": [{"ResourceType": kind, "Tags": listed}]}

    def _vpc(self, body: Body) -> str:
        made = self.ec2.create_vpc(CidrBlock=body["cidr_block"], **self._tags("vpc", body))
        return str(made["Vpc"]["VpcId"])

    def _subnet(self, body: Body) -> str:
        made = self.ec2.create_subnet(
            VpcId=self._id(body["vpc_id"]),
            CidrBlock=body["cidr_block"],
            AvailabilityZone=body["availability_zone"],
            **self._tags("subnet", body),
        )["Subnet"]["SubnetId"]
        self.ec2.modify_subnet_attribute(
            SubnetId=made, MapPublicIpOnLaunch={"Value": body["map_public_ip_on_launch"]}
        )
        return str(made)

    def _internet_gateway(self, body: Body) -> str:
        made = self.ec2.create_internet_gateway(**self._tags("internet-gateway", body))
        id_ = made["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=id_, VpcId=self._id(body["vpc_id"]))
        return str(id_)

    def _nat_gateway(self, body: Body) -> str:
        made = self.ec2.create_nat_gateway(
            SubnetId=self._id(body["subnet_id"]),
            AllocationId=self._id(body["allocation_id"]),
            **self._tags("natgateway", body),
        )
        return str(made["NatGateway"]["NatGatewayId"])

    def _peering(self, body: Body) -> str:
        made = self.ec2.create_vpc_peering_connection(
            VpcId=self._id(body["vpc_id"]),
            PeerVpcId=self._id(body["peer_vpc_id"]),
            **self._tags("vpc-peering-connection", body),
        )["VpcPeeringConnection"]["VpcPeeringConnectionId"]
        self.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=made)
        return str(made)

    def _route(self, body: Body) -> None:
        keys = {
            "gateway_id": "GatewayId",
            "nat_gateway_id": "NatGatewayId",
            "vpc_peering_connection_id": "VpcPeeringConnectionId",
        }
        self.ec2.create_route(
            RouteTableId=self._id(body["route_table_id"]),
            DestinationCidrBlock=body["destination_cidr_block"],
            **{name: self._id(body[key]) for key, name in keys.items() if key in body},
        )

    def _prefix_list(self, body: Body) -> str:
        made = self.ec2.create_managed_prefix_list(
            PrefixListName=body["name"],
            AddressFamily=body["address_family"],
            MaxEntries=body["max_entries"],
            Entries=[{"Cidr": one["cidr"]} for one in body["entry"]],
            **self._tags("prefix-list", body),
        )
        return str(made["PrefixList"]["PrefixListId"])

    def _default_group(self, body: Body) -> str:
        """Takes over AWS's own group and closes it, as Terraform does."""
        (group,) = self.ec2.describe_security_groups(
            Filters=[
                {"Name": "vpc-id", "Values": [self._id(body["vpc_id"])]},
                {"Name": "group-name", "Values": ["default"]},
            ]
        )["SecurityGroups"]
        tags = self._tags("", body)["TagSpecifications"][0]["Tags"]
        self.ec2.create_tags(Resources=[group["GroupId"]], Tags=tags)
        self._close(group)
        return str(group["GroupId"])

    def _group(self, body: Body) -> str:
        id_ = self.ec2.create_security_group(
            GroupName=body["name"],
            Description=body["description"],
            VpcId=self._id(body["vpc_id"]),
            **self._tags("security-group", body),
        )["GroupId"]
        (group,) = self.ec2.describe_security_groups(GroupIds=[id_])["SecurityGroups"]
        self._close(group)
        return str(id_)

    def _close(self, group: Body) -> None:
        for key, revoke in (
            ("IpPermissions", self.ec2.revoke_security_group_ingress),
            ("IpPermissionsEgress", self.ec2.revoke_security_group_egress),
        ):
            if group[key]:
                revoke(GroupId=group["GroupId"], IpPermissions=group[key])

    def _rule(self, direction: str, body: Body) -> str:
        permission: dict[str, Any] = {"IpProtocol": body["ip_protocol"]}
        if "from_port" in body:
            permission |= {"FromPort": body["from_port"], "ToPort": body["to_port"]}
        if "cidr_ipv4" in body:
            permission["IpRanges"] = [{"CidrIp": body["cidr_ipv4"]}]
        if "prefix_list_id" in body:
            permission["PrefixListIds"] = [{"PrefixListId": self._id(body["prefix_list_id"])}]
        if "referenced_security_group_id" in body:
            peer = self._id(body["referenced_security_group_id"])
            permission["UserIdGroupPairs"] = [{"GroupId": peer}]
        made = getattr(self.ec2, f"authorize_security_group_{direction}")(
            GroupId=self._id(body["security_group_id"]), IpPermissions=[permission]
        )
        return str(made["SecurityGroupRules"][0]["SecurityGroupRuleId"])

    def _instance(self, body: Body) -> str:
        groups = [self._id(one) for one in body["vpc_security_group_ids"]]
        made = self.ec2.run_instances(
            ImageId="ami-12c6146b",
            InstanceType=body["instance_type"],
            MinCount=1,
            MaxCount=1,
            SubnetId=self._id(body["subnet_id"]),
            PrivateIpAddress=body["private_ip"],
            SecurityGroupIds=groups,
            **self._tags("instance", body),
        )
        return str(made["Instances"][0]["InstanceId"])
