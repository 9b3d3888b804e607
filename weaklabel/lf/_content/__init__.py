"""What a Python value is made of, down to a digest that is the same in every process."""

from weaklabel.lf._content._graph import Content, Unfingerprintable, digests
from weaklabel.lf._content._values import contents

__all__ = ["Content", "Unfingerprintable", "contents", "digests"]
