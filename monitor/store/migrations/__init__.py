"""Alembic's folder: env.py runs the versions, open_store asks for it."""
