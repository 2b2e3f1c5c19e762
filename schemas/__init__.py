"""The contracts: what may stand on a topic, and on which one.

Everything that crosses a process boundary is declared here and nowhere else. Imports the standard library and msgspec
only, so that any producer or subscriber can use it without the scorer.
"""
