"""Reading plan documents: from a file to proposals. README.md beside this says how."""
