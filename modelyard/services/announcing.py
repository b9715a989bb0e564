"""Announcing: telling people, in a sentence, that a version changed its stage or was rejected."""

import json
from collections.abc import Mapping
from typing import Any

from modelyard.ports import Topic


def announce(*, topic: Topic, event: Mapping[str, Any]) -> None:
    """One message for one event: a sentence as its subject, the event's JSON as its text."""
    attributes = {"type": event["type"], "model": event["model"]["name"]}
    if stage := event["after"].get("stage"):
        attributes["stage"] = stage
    topic.announce(sentence(event), json.dumps(event, ensure_ascii=False), attributes)


def sentence(event: Mapping[str, Any]) -> str:
    """What happened, in a line: who moved what from where to where, and why."""
    version = f"{event['model']['name']}/{event['version']}"
    why = f": {event['reason']}" if event["reason"] else ""
    if stage := event["after"].get("stage"):
        return f"{version} is {stage} (was {event['before']['stage']}), by {event['actor']}{why}"
    return f"{version} is {event['after']['state']} (was {event['before']['state']}), by {event['actor']}{why}"
