"""What `install.py` does, one file per task. Standard library only; runs once, on the main thread of the installer.

main.py              the command line and the one place that catches errors
context.py           one run, and what a step of it is
steps.py             the steps, in order: each says what is to be done, and does it
obs_steps.py         those that change OBS's own files
supported_system.py  computers and Pythons that it cannot work on, refused before anything is downloaded
lock.py              the exact versions and hashes of all packages, and the command that makes them
packages.py          the engine's environment: venv, pip, what pip's failures mean
system_libraries.py  which system libraries are missing, and the line that installs them (Linux)
assets.py            models and sample, taken out of two wheels
program_copy.py      the copy of this program in the home
obs_places.py        where OBS keeps its settings, whether it runs
obs_python.py        the Python inside OBS (Windows, macOS): which one, and OBS's setting that names it
windows_pythons.py   the Pythons of a Windows computer
machines.py          which processor a library is made for
scene_collections.py our script in OBS's scene collections
json_text.py         one array of a JSON text, every other character left as it is
ini_file.py          OBS's settings files
safe_write.py        a file that is not ours: backup, and the new content whole or not at all
removal.py           --uninstall
selfcheck.py         runs the engine on the sample and measures what OBS would get
release.py           the archive of a release
doctor.py            --check: one line a check
obs_checks.py        those of OBS itself: program, Python, registration, each source
check.py             one line of --check
state.py             what an earlier run has finished
runner.py            commands, their log, their progress
"""
