"""Every answer of Kafka that is not a yes, and what it means: a definite no, or something that may pass by itself.

A definite no is the same each time that one asks, until a person has changed something: it stops a partition under a
name of its own, with what was said and what to do. Whatever may pass makes a session end and the next one begin.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from schemas.errors import Doubt, Stop


@dataclass(frozen=True)
class No:
    """A definite one: what to do about it, and the stop that it is."""

    to_do: str
    stop: Stop = "refused_by_kafka"


@dataclass(frozen=True)
class Perhaps:
    """It may pass by itself: what it is about, and the doubt that it raises."""

    about: str
    doubt: Doubt = "no_answer"


Answer = No | Perhaps

_FENCED: Final = "publisher_fenced"
_OPEN: Final = "transaction_in_doubt"
_LAYOUT = "run a broker and a version of `churn` that know each other: Kafka 3.6 or newer"
_OWN = "report this: it is a mistake of `churn`, or of something between it and the broker"
_MECHANISM = "let CHURN_KAFKA_SECURITY_PROTOCOL and CHURN_KAFKA_SASL_MECHANISM say what the broker's listener offers"
_CREDENTIALS = "correct the name and the secret under which Kafka is asked, or give them to the broker"
_DELEGATED = "the broker takes no such delegation token: use name and secret"
_ACL = "give this user the right: `churn rights` names those of each role"
_SIZE = "raise max.message.bytes of the topic"
_ALONE = "another client does something of the same kind at this moment"
_MOVING = "the partition changes its leader, or the broker starts"
_COORDINATOR = "the coordinator starts or moves to another broker"
_MEMBER = "the group forms anew"
_BROKER = "the broker is in trouble: its log says in which"
_COPIES = "too few brokers have the newest copy: start those that are down"
_UNUSED = "nobody here asks for this"

ANSWERS: Mapping[int, tuple[str, Answer]] = {
    -1: ("UNKNOWN_SERVER_ERROR", Perhaps(_BROKER)),
    1: ("OFFSET_OUT_OF_RANGE", Perhaps("the log was cut off meanwhile")),
    2: ("CORRUPT_MESSAGE", Perhaps("bytes were damaged on the way")),
    3: (
        "UNKNOWN_TOPIC_OR_PARTITION",
        No("`churn topics create` makes the topics; CHURN_TOPIC_PREFIX is part of their names", "missing_topic"),
    ),
    4: ("INVALID_FETCH_SIZE", No(_OWN)),
    5: ("LEADER_NOT_AVAILABLE", Perhaps(_MOVING)),
    6: ("NOT_LEADER_OR_FOLLOWER", Perhaps(_MOVING)),
    7: ("REQUEST_TIMED_OUT", Perhaps("the brokers that keep copies are slow")),
    8: ("BROKER_NOT_AVAILABLE", Perhaps(_MOVING)),
    9: ("REPLICA_NOT_AVAILABLE", Perhaps(_MOVING)),
    10: ("MESSAGE_TOO_LARGE", No(_SIZE)),
    11: ("STALE_CONTROLLER_EPOCH", Perhaps(_MOVING)),
    12: ("OFFSET_METADATA_TOO_LARGE", No(_OWN)),
    13: ("NETWORK_EXCEPTION", Perhaps("the connection broke off")),
    14: ("COORDINATOR_LOAD_IN_PROGRESS", Perhaps(_COORDINATOR)),
    15: ("COORDINATOR_NOT_AVAILABLE", Perhaps(_COORDINATOR)),
    16: ("NOT_COORDINATOR", Perhaps(_COORDINATOR)),
    17: ("INVALID_TOPIC_EXCEPTION", No("correct CHURN_TOPIC_PREFIX: letters, digits, dots, dashes and underscores")),
    18: ("RECORD_LIST_TOO_LARGE", No("raise segment.bytes of the topic, to 4 MB at least")),
    19: ("NOT_ENOUGH_REPLICAS", Perhaps(_COPIES)),
    20: (
        "NOT_ENOUGH_REPLICAS_AFTER_APPEND",
        Perhaps(_COPIES),
    ),
    21: ("INVALID_REQUIRED_ACKS", No(_OWN)),
    22: ("ILLEGAL_GENERATION", Perhaps(_MEMBER)),
    23: ("INCONSISTENT_GROUP_PROTOCOL", No("clients of another kind are in the group: choose another CHURN_APP_ID")),
    24: ("INVALID_GROUP_ID", No("correct CHURN_APP_ID")),
    25: ("UNKNOWN_MEMBER_ID", Perhaps(_MEMBER)),
    26: (
        "INVALID_SESSION_TIMEOUT",
        No("CHURN_SESSION_TIMEOUT_S must lie within group.min.session.timeout.ms and group.max.session.timeout.ms"),
    ),
    27: ("REBALANCE_IN_PROGRESS", Perhaps(_MEMBER)),
    28: ("INVALID_COMMIT_OFFSET_SIZE", No(_OWN)),
    29: ("TOPIC_AUTHORIZATION_FAILED", No(_ACL)),
    30: ("GROUP_AUTHORIZATION_FAILED", No(_ACL)),
    31: ("CLUSTER_AUTHORIZATION_FAILED", No(_ACL)),
    32: ("INVALID_TIMESTAMP", No("set the clocks of workers and brokers; message.timestamp.after.max.ms is the bound")),
    33: ("UNSUPPORTED_SASL_MECHANISM", No(_MECHANISM)),
    34: ("ILLEGAL_SASL_STATE", No(_MECHANISM)),
    35: ("UNSUPPORTED_VERSION", No(_LAYOUT)),
    36: ("TOPIC_ALREADY_EXISTS", Perhaps(_ALONE)),
    37: ("INVALID_PARTITIONS", No("correct CHURN_PARTITIONS")),
    38: ("INVALID_REPLICATION_FACTOR", No("start more brokers, or lower default.replication.factor of the brokers")),
    39: ("INVALID_REPLICA_ASSIGNMENT", No(_OWN)),
    40: ("INVALID_CONFIG", No("the broker does not take a setting of the topic: make the topics by hand")),
    41: ("NOT_CONTROLLER", Perhaps(_MOVING)),
    42: ("INVALID_REQUEST", No(_OWN)),
    43: ("UNSUPPORTED_FOR_MESSAGE_FORMAT", No("the topic keeps a format of before Kafka 0.11: make it anew")),
    44: ("POLICY_VIOLATION", No("the broker has a policy against it: make the topics as its operators demand")),
    45: ("OUT_OF_ORDER_SEQUENCE_NUMBER", Perhaps("the broker has lost what was sent before", _OPEN)),
    46: ("DUPLICATE_SEQUENCE_NUMBER", Perhaps("it was sent before", _OPEN)),
    47: ("INVALID_PRODUCER_EPOCH", Perhaps("a newer session publishes", _FENCED)),
    48: ("INVALID_TXN_STATE", Perhaps("the transaction is not in the state that was thought", _OPEN)),
    49: ("INVALID_PRODUCER_ID_MAPPING", Perhaps("the broker has forgotten this publisher, who was idle for days")),
    50: ("INVALID_TRANSACTION_TIMEOUT", No("raise transaction.max.timeout.ms of the brokers to 20000 at least")),
    51: ("CONCURRENT_TRANSACTIONS", Perhaps("the transaction before is still ending")),
    52: ("TRANSACTION_COORDINATOR_FENCED", Perhaps(_COORDINATOR, _OPEN)),
    53: ("TRANSACTIONAL_ID_AUTHORIZATION_FAILED", No(_ACL)),
    54: ("SECURITY_DISABLED", No("the broker has no authoriser")),
    55: ("OPERATION_NOT_ATTEMPTED", Perhaps("another part of the same request was refused")),
    56: ("KAFKA_STORAGE_ERROR", Perhaps("a disk of the broker fails: its log says which")),
    57: ("LOG_DIR_NOT_FOUND", Perhaps("a disk of the broker fails: its log says which")),
    58: ("SASL_AUTHENTICATION_FAILED", No(_CREDENTIALS)),
    59: ("UNKNOWN_PRODUCER_ID", Perhaps("the broker has forgotten this publisher, who was idle for long")),
    60: ("REASSIGNMENT_IN_PROGRESS", Perhaps(_MOVING)),
    61: ("DELEGATION_TOKEN_AUTH_DISABLED", No(_DELEGATED)),
    62: ("DELEGATION_TOKEN_NOT_FOUND", No(_DELEGATED)),
    63: ("DELEGATION_TOKEN_OWNER_MISMATCH", No(_DELEGATED)),
    64: ("DELEGATION_TOKEN_REQUEST_NOT_ALLOWED", No(_DELEGATED)),
    65: ("DELEGATION_TOKEN_AUTHORIZATION_FAILED", No(_DELEGATED)),
    66: ("DELEGATION_TOKEN_EXPIRED", No(_DELEGATED)),
    67: ("INVALID_PRINCIPAL_TYPE", No(_CREDENTIALS)),
    68: ("NON_EMPTY_GROUP", Perhaps(_MEMBER)),
    69: ("GROUP_ID_NOT_FOUND", Perhaps(_MEMBER)),
    70: ("FETCH_SESSION_ID_NOT_FOUND", Perhaps(_MOVING)),
    71: ("INVALID_FETCH_SESSION_EPOCH", Perhaps(_MOVING)),
    72: ("LISTENER_NOT_FOUND", No("the brokers' listeners differ: give each leader the listener that is asked")),
    73: ("TOPIC_DELETION_DISABLED", No("delete.topic.enable of the brokers is off: delete nothing, or switch it on")),
    74: ("FENCED_LEADER_EPOCH", Perhaps(_MOVING)),
    75: ("UNKNOWN_LEADER_EPOCH", Perhaps(_MOVING)),
    76: ("UNSUPPORTED_COMPRESSION_TYPE", No(_LAYOUT)),
    77: ("STALE_BROKER_EPOCH", Perhaps(_MOVING)),
    78: ("OFFSET_NOT_AVAILABLE", Perhaps(_MOVING)),
    79: ("MEMBER_ID_REQUIRED", Perhaps(_MEMBER)),
    80: ("PREFERRED_LEADER_NOT_AVAILABLE", Perhaps(_MOVING)),
    81: ("GROUP_MAX_SIZE_REACHED", No("the group has as many workers as group.max.size of the brokers allows")),
    82: (
        "FENCED_INSTANCE_ID",
        No("another worker has the same CHURN_INSTANCE_ID: give each worker of a deployment one of its own"),
    ),
    83: ("ELIGIBLE_LEADERS_NOT_AVAILABLE", Perhaps(_MOVING)),
    84: ("ELECTION_NOT_NEEDED", Perhaps(_UNUSED)),
    85: ("NO_REASSIGNMENT_IN_PROGRESS", Perhaps(_UNUSED)),
    86: ("GROUP_SUBSCRIBED_TO_TOPIC", Perhaps(_MEMBER)),
    87: (
        "INVALID_RECORD",
        No("the topic takes no such records: set cleanup.policy=delete, no validation"),
    ),
    88: ("UNSTABLE_OFFSET_COMMIT", Perhaps(_MEMBER)),
    89: ("THROTTLING_QUOTA_EXCEEDED", Perhaps("the user has used up its quota: raise it if this stays")),
    90: ("PRODUCER_FENCED", Perhaps("a newer session publishes", _FENCED)),
    91: ("RESOURCE_NOT_FOUND", Perhaps(_UNUSED)),
    92: ("DUPLICATE_RESOURCE", No(_OWN)),
    93: ("UNACCEPTABLE_CREDENTIAL", No(_CREDENTIALS)),
    94: ("INCONSISTENT_VOTER_SET", Perhaps(_BROKER)),
    95: ("INVALID_UPDATE_VERSION", Perhaps(_UNUSED)),
    96: ("FEATURE_UPDATE_FAILED", Perhaps(_UNUSED)),
    97: ("PRINCIPAL_DESERIALIZATION_FAILURE", No("the brokers do not understand each other's users: see their logs")),
    100: ("UNKNOWN_TOPIC_ID", Perhaps("the topic was made anew, or the broker has not heard of it yet")),
    103: ("INCONSISTENT_TOPIC_ID", Perhaps("the topic was made anew, or the broker has not heard of it yet")),
    110: ("FENCED_MEMBER_EPOCH", Perhaps(_MEMBER)),
    111: (
        "UNRELEASED_INSTANCE_ID",
        No("another worker has the same CHURN_INSTANCE_ID: give each worker of a deployment one of its own"),
    ),
    112: ("UNSUPPORTED_ASSIGNOR", No(_LAYOUT)),
    113: ("STALE_MEMBER_EPOCH", Perhaps(_MEMBER)),
    114: ("MISMATCHED_ENDPOINT_TYPE", No("CHURN_KAFKA_BOOTSTRAP names a controller: name brokers")),
    115: ("UNSUPPORTED_ENDPOINT_TYPE", No("CHURN_KAFKA_BOOTSTRAP names a controller: name brokers")),
    120: ("TRANSACTION_ABORTABLE", Perhaps("the transaction can only be aborted", _OPEN)),
    129: ("REBOOTSTRAP_REQUIRED", Perhaps(_MOVING)),
}
"""By the code on the wire. What a newer broker may say besides is taken for what may pass, and quoted."""
