"""The resources that say what a host is started with."""

INSTANCE_TYPES = (
    "aws_instance",
    "aws_spot_instance_request",
    "aws_launch_template",
    "aws_launch_configuration",
)
