"""Checkov's own checks that the gate leaves out, each with the reason.

A waiver is for one resource that is an exception; this table is for a check that is wrong, or
says again what ours says better, on every resource.
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
    "CKV_AWS_382": "takes no account of protocols by number or of split ports; see CKV_MB_7",
    "CKV2_AWS_12": "says what CKV_MB_10 says, and cannot follow references in JSON",
    "CKV2_AWS_37": "is about CodeCommit and fails on every AWS resource",
    "CKV2_AWS_75": "is about Lambda and fails on every AWS resource",
}
