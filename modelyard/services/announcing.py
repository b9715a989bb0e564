"""Announcing: telling people, in a sentence, that a version changed its stage or is out of use, or an alias moved."""

import json
from collections.abc import Mapping
from typing import Any

from modelyard.ports import Topic


def announce(*, topic: Topic, event: Mapping[str, Any]) -> None:
    """One message for one event: a sentence as its subject, the event's JSON as its text."""
    attributes = {"type": event["type"], "model": event["model"]["name"]}
    if stage := event["after"].get("stage") or _lost_stage(event):
        attributes["stage"] = stage
    if alias := event["after"].get("alias"):
        attributes["alias"] = alias
    topic.announce(sentence(event), json.dumps(event, ensure_ascii=False), attributes)


def sentence(event: Mapping[str, Any]) -> str:
    """What happened, in a line: who moved what from where to where, and why. ALERT where something serves no more."""
    if event["type"] in {"alias.set", "alias.removed"}:
        return _sentence_of_alias(event)
    version = f"{event['model']['name']}/{event['version']}"
    why = f": {event['reason']}" if event["reason"] else ""
    if stage := event["after"].get("stage"):
        return f"{version} is {stage} (was {event['before']['stage']}), by {event['actor']}{why}"
    if lost := _lost_stage(event):
        version = f"ALERT: {version}, which stood in {lost},"
    left = ", ".join(f"{event['model']['name']}@{alias}" for alias in event["after"].get("aliases", ()))
    stays = f"; {left} still stands for it" if left else ""
    return f"{version} is {event['after']['state']} (was {event['before']['state']}), by {event['actor']}{why}{stays}"


def _lost_stage(event: Mapping[str, Any]) -> str:
    """The stage in which a version stood that is out of use now."""
    stage = "" if event["after"].get("stage") else event["before"].get("stage", "")
    return str(stage)


def _sentence_of_alias(event: Mapping[str, Any]) -> str:
    now, then = (_said(event, event[when]["version"]) for when in ("after", "before"))
    why = f": {event['reason']}" if event["reason"] else ""
    return f"{event['model']['name']}@{event['after']['alias']} is {now} (was {then}), by {event['actor']}{why}"


def _said(event: Mapping[str, Any], number: int | None) -> str:
    return "nobody" if number is None else f"{event['model']['name']}/{number}"
