"""How the Microblog VPC is built on AWS: typed settings, pure decisions, and the constructs."""
