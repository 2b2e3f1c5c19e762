"""A policy under which the share of alerts is known beforehand, whatever the model says."""

import time

import msgspec

from schemas.events import Control, Policy
from stream_app.bootstrap.engine import control_for, newest_model
from stream_app.settings import Settings

FIRST_EVENT = Policy(name="first_event", version=1, enter=0.0, leave=0.0, critical=1.0, cooldown_s=0)
"""Every user's first event raises an alert, and none follows it: a share of new users is a share of alerts."""


def first_event_control() -> Control:
    """The newest model under that policy."""
    settings = Settings()
    manifest = newest_model(settings.models_directory, settings.workload)
    control = control_for(manifest, time.time_ns() // 1_000_000)
    return msgspec.structs.replace(control, data=msgspec.structs.replace(control.data, policy=FIRST_EVENT))
