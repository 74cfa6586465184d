"""The lecturer's kit: guides, worksheets, questions, slides and pages, from the course's tables.

Modules, in reading order:

    folder       the files of a lecture, and the folder with all of them
    guide        the guide to a lecture, and the start page
    slides       frames for beamer
    formulas     TeX as MathML
"""

from __future__ import annotations

from .folder import kit_files, lecture_files, write_kit

__all__ = ["kit_files", "lecture_files", "write_kit"]
