"""AI Background: a webcam source for OBS Studio that replaces what is behind the person.

Two halves that never import each other: `obs` runs inside OBS and uses the standard library only; `engine` runs in a
process of its own with MediaPipe, NumPy and OpenCV. `shared` is what both agree on: settings, messages, frames in
shared memory, where things are installed, errors. `script` holds the file that OBS loads, `tools` the command line's
users of the engine, `setup` the installer.
"""

__version__ = "1.0.0"
