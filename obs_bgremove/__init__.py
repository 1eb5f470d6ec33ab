"""AI Background: a webcam source for OBS Studio that replaces what is behind the person.

Two halves that never import each other: `obs` runs inside OBS and uses the standard library only; `engine` runs in a
process of its own with MediaPipe, NumPy and OpenCV. What both need (settings, messages, shared frames, where things
are installed, errors) stands in this package itself.
"""

__version__ = "1.0.0"
