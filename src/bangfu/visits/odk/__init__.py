"""Checklists for ODK Collect: as XForms, with the lists of households and people, and back as visits."""
