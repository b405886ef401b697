#!/usr/bin/env bash
# The queue of the resource "products" and its dead letters, as a worker with ensure: true would create them.
set -euo pipefail

prefix=${SAMOVAR_PREFIX:-samovar-}
resource=products

dead_letters=$(awslocal sqs create-queue --queue-name "${prefix}${resource}-dlq.fifo" --output text --query QueueUrl \
  --attributes FifoQueue=true,DeduplicationScope=messageGroup,FifoThroughputLimit=perMessageGroupId,MaximumMessageSize=1048576,MessageRetentionPeriod=1209600)
arn=$(awslocal sqs get-queue-attributes --queue-url "$dead_letters" --attribute-names QueueArn --output text \
  --query Attributes.QueueArn)
awslocal sqs create-queue --queue-name "${prefix}${resource}.fifo" --attributes "$(
  cat <<JSON
{
  "FifoQueue": "true",
  "DeduplicationScope": "messageGroup",
  "FifoThroughputLimit": "perMessageGroupId",
  "MaximumMessageSize": "1048576",
  "VisibilityTimeout": "30",
  "MessageRetentionPeriod": "1209600",
  "RedrivePolicy": "{\"deadLetterTargetArn\":\"$arn\",\"maxReceiveCount\":\"1000\"}"
}
JSON
)"
