"""Graphs of known forms as loops over a batch, bit for bit what ONNX Runtime computes, or ONNX Runtime itself.

The ONNX file stays the artefact and the reference: `graph` reads it into a `form`, `program` lays the form out for the
loops in `kernels`, and `scorer` runs them once the `comparison` with ONNX Runtime on this machine found no unequal bit.
"""
