"""Annotated pictures: which files beside them say what is where.

Known are Pascal VOC XML, COCO JSON, YOLO text and masks; :func:`find_annotations` tells them apart
by the files alone.
"""

from lepton_core.records.annotation.base import Annotations, Layout, Marks
from lepton_core.records.annotation.finding import KINDS, find_annotations

__all__ = ["KINDS", "Annotations", "Layout", "Marks", "find_annotations"]
