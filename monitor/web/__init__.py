"""The web console: one process of its own that shows what is in the store, and changes little of it.

    connection -> who is it? -> may they? -> a page's module -> queries and ports -> template -> HTML

It has neither the rules' engine nor the reader of the configuration: other processes do (engine.py, snapshot.py), and
end when nobody needs them.
"""
