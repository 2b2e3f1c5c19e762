"""Owning one partition safely: a protocol without I/O, the ports it asks for, and the driver that joins them."""
