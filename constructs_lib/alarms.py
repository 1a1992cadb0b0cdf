"""Where alerts go: an SNS topic that Alertmanager publishes to, and who reads it."""

from __future__ import annotations

from constructs import Construct

from constructs_lib import aws


class AlarmTopic(Construct):
    """A topic of that name; `email`, if any, is asked by AWS to confirm before it gets anything.

    Encrypted with AWS's own key for SNS, which lets in whoever of the account may publish (AWS
    page "Managing Amazon SNS encryption keys and costs"): no alert is worth a key of ours.
    """

    def __init__(self, scope: Construct, id_: str, *, name: str, email: str | None) -> None:
        super().__init__(scope, id_)
        topic = aws.SnsTopic(
            self, "topic", name=name, kms_master_key_id="alias/aws/sns", tags={"Name": name}
        )
        if email is not None:
            aws.SnsTopicSubscription(
                self, "email", topic_arn=topic.arn, protocol="email", endpoint=email
            )
