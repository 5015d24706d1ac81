"""Arrow's compute functions. Their stubs know no plain texts and numbers as operands, so they are used without."""

from typing import Any

import pyarrow.compute

pc: Any = pyarrow.compute
# A column of a table, in one piece or in several.
Values = Any
