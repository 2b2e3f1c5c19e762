"""From a score to an alert: policy, reasons, the contents of an alert."""
