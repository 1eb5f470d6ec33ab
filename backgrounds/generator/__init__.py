"""The parts of the generator that draws the pictures in `backgrounds/`; `__main__.py` runs them."""
