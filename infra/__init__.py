"""The registry on AWS, as CDK constructs."""
