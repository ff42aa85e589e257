"""What a reading is handed on as: pictures, tables, a report, and DICOM for the archive.

Each file turns plain arrays, a :class:`~.findings.Finding` or a DICOM data set into one kind of
output; :mod:`.export` puts them together for one record. Every output says that it assists a
reader and does not diagnose, and names the patient by pseudonym alone; the one exception, DICOM
for the hospital's own archive, is asked for by name (see :mod:`.dicom_source`).
"""
