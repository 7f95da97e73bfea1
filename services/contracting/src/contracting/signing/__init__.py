"""The platform's seal on documents: put there, and looked at again (PAdES, RFC 3161)."""

from contracting.signing.sealer import Sealer

__all__ = ["Sealer"]
