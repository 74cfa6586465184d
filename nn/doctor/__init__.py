"""The doctor: why a net does not learn, and what to try."""

from __future__ import annotations

from .examination import diagnose as diagnose
from .findings import Diagnosis as Diagnosis, Finding as Finding
