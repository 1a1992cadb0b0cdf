"""The AWS provider's resources, by name: the only importer of the generated package.

`aws.Vpc` is `cdktf_cdktf_provider_aws.vpc.Vpc`, imported on first use. Nested blocks are classes
too (`aws.InstanceRootBlockDevice`): a plain dict in a list of blocks synthesises all-null entries.
A change to the community's CDK Terrain (`cdktn`) would be made here and in `fast_loading`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from constructs_lib import fast_loading

fast_loading.start()

_CLASSES = {
    "cloudwatch_log_group": ["CloudwatchLogGroup"],
    "data_aws_ssm_parameter": ["DataAwsSsmParameter"],
    "data_aws_subnet": ["DataAwsSubnet"],
    "data_aws_vpc": ["DataAwsVpc"],
    "default_security_group": ["DefaultSecurityGroup"],
    "ec2_managed_prefix_list": ["Ec2ManagedPrefixList", "Ec2ManagedPrefixListEntry"],
    "eip": ["Eip"],
    "flow_log": ["FlowLog"],
    "iam_instance_profile": ["IamInstanceProfile"],
    "iam_role": ["IamRole"],
    "iam_role_policy": ["IamRolePolicy"],
    "instance": ["Instance", "InstanceMetadataOptions", "InstanceRootBlockDevice"],
    "internet_gateway": ["InternetGateway"],
    "nat_gateway": ["NatGateway"],
    "provider": ["AwsProvider", "AwsProviderDefaultTags"],
    "route": ["Route"],
    "route_table": ["RouteTable"],
    "route_table_association": ["RouteTableAssociation"],
    "s3_bucket": ["S3Bucket"],
    "s3_bucket_lifecycle_configuration": [
        "S3BucketLifecycleConfiguration",
        "S3BucketLifecycleConfigurationRule",
        "S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload",
        "S3BucketLifecycleConfigurationRuleFilter",
        "S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration",
    ],
    "s3_bucket_ownership_controls": ["S3BucketOwnershipControls", "S3BucketOwnershipControlsRule"],
    "s3_bucket_policy": ["S3BucketPolicy"],
    "s3_bucket_public_access_block": ["S3BucketPublicAccessBlock"],
    "s3_bucket_server_side_encryption_configuration": [
        "S3BucketServerSideEncryptionConfigurationA",
        "S3BucketServerSideEncryptionConfigurationRuleA",
        "S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA",
    ],
    "s3_bucket_versioning": ["S3BucketVersioningA", "S3BucketVersioningVersioningConfiguration"],
    "security_group": ["SecurityGroup"],
    "sns_topic": ["SnsTopic"],
    "sns_topic_subscription": ["SnsTopicSubscription"],
    "subnet": ["Subnet"],
    "vpc": ["Vpc"],
    "vpc_peering_connection": ["VpcPeeringConnection"],
    "vpc_peering_connection_options": [
        "VpcPeeringConnectionOptions",
        "VpcPeeringConnectionOptionsAccepter",
        "VpcPeeringConnectionOptionsRequester",
    ],
    "vpc_security_group_egress_rule": ["VpcSecurityGroupEgressRule"],
    "vpc_security_group_ingress_rule": ["VpcSecurityGroupIngressRule"],
}
_MODULES = {name: module for module, names in _CLASSES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"constructs_lib.aws has no {name}: add it to its table of modules")
    resource = getattr(import_module(f"{fast_loading.PROVIDER}.{_MODULES[name]}"), name)
    globals()[name] = resource
    return resource
