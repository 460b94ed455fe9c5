"""The estate's program: the documents that Pulumi.yaml names become resources."""

from pacific_infra.estate_program import run

run()
