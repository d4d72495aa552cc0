"""Charts: the live chart of one subject and one metric, and the screen that shows up to twelve of them.

Runs on the window's thread. The only package that may import pyqtgraph; nothing of it is imported before the first paint.
"""
