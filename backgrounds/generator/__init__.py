"""The parts of the generator that draws the pictures in `backgrounds/`; `generate.py` beside it runs them."""
