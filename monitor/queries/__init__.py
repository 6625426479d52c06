"""What people ask about: status, sources, outbox, recipients, digests. Ports and plain values in, frozen views out.

Commands only write the views down, as a table, as text or as JSON.
"""
