"""Checkov's own checks that the gate leaves out, each with the reason.

A waiver is for one resource that is an exception; this table is for a check that is wrong on
every resource, says again what ours says better, or asks for what this system does not need.
"""

LEFT_OUT = {
    "CKV_AWS_24": "fails a rule whose source is a security group (checkov #6624); see CKV_MB_5",
    "CKV_AWS_25": "fails a rule whose source is a security group (checkov #6624); see CKV_MB_6",
    "CKV_AWS_260": "fails a rule whose source is a security group (checkov #6624); see CKV_MB_6",
    "CKV_AWS_277": "fails a rule whose source is a security group (checkov #6624); see CKV_MB_7",
    "CKV_AWS_23": "does not tell a description from an empty one; see CKV_MB_8",
    "CKV_AWS_46": "does not look into base64 or gzip; see CKV_MB_17",
    "CKV_AWS_79": "says what CKV_MB_11 says",
    "CKV_AWS_8": "says what CKV_MB_12 says",
    "CKV_AWS_130": "refuses public subnets for being public; CKV_MB_1 goes by the Tier",
    "CKV_AWS_88": "refuses public instances for being public once they are; see CKV_MB_4",
    "CKV_AWS_382": "takes no account of protocols by number or of split ports; see CKV_MB_7",
    "CKV_AWS_126": "asks for CloudWatch's one-minute metrics; Prometheus reads each host itself",
    "CKV_AWS_158": "asks for a key of our own; CloudWatch Logs encrypts every log group anyway",
    "CKV_AWS_18": "wants a second bucket for logs; our only bucket holds versioned state",
    "CKV_AWS_144": "wants a second region for Terraform state, which is kept in versions",
    "CKV2_AWS_62": "wants every bucket to send events; nothing here would listen",
    "CKV2_AWS_12": "says what CKV_MB_10 says, and cannot follow references in JSON",
    "CKV2_AWS_37": "is about CodeCommit and fails on every AWS resource",
    "CKV2_AWS_75": "is about Lambda and fails on every AWS resource",
}
