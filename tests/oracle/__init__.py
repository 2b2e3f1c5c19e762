"""The definition of every feature, written to be read: recomputed from a user's full list of events.

Knows no tiles that expire, no slots and no records: it keeps all that a user ever did and, asked for a vector, goes
through all of it. The constants of the contract stand here a second time on purpose.
"""

from tests.oracle.features import vector
from tests.oracle.happenings import Happening, happening_of
from tests.oracle.life import Life

__all__ = ["Happening", "Life", "happening_of", "vector"]
