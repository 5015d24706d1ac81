"""Taking files in and giving them out: open, read, type and judge by the column; batches, reports, exports."""
