"""What `install.py` does, one file per task. Standard library only; runs once, on the main thread of the installer.

main.py              the command line and the one place that catches errors
steps.py             the steps, in order: each says what is to be done, and does it
lock.py              the exact versions and hashes of all packages, and the command that makes them
packages.py          the engine's environment: venv, pip, what pip's failures mean
system_libraries.py  which system libraries are missing, and the line that installs them
assets.py            models and sample, taken out of two wheels
program_copy.py      the copy of this program in the home
obs_places.py        where OBS keeps its settings, whether it runs
scene_collections.py our script in OBS's scene collections
removal.py           --uninstall
selfcheck.py         runs the engine on the sample and measures what OBS would get
doctor.py            --check: one line a check
state.py             what an earlier run has finished
runner.py            commands, their log, their progress
"""
