#!/usr/bin/env bash
# The OBS tests in other releases of OBS and Python: a Debian in a folder for each, the installer run there as a person
# would, then tests/real_obs. Prints a table; too long for CI (15 minutes and 4 GB each).
# As root, with debootstrap:  tests/benchmarks/obs_matrix.sh FOLDER [SUITE|here ...]     (default: here trixie sid)
# FOLDER keeps the systems, for the next time, and of each a log SUITE.log. `here` is this machine as it is.
set -euo pipefail
work=$(realpath -m "${1:?usage: $0 FOLDER [SUITE|here ...]}")
checkout=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
source "$checkout/tests/debian_folder.sh"
suites=("${@:2}")
((${#suites[@]})) || suites=(here trixie sid)
mkdir -p "$work"
what=(tests/real_obs -q -ra -p no:cacheprovider -o junit_logging=system-out)

here() { # runs the tests with the installed environment
    local home
    home=$(cd "$checkout" && python3 -c 'from obs_bgremove.shared import installation as i; print(i.python_path())')
    obs=$(dpkg-query -W -f='${Version}' obs-studio) python=$("$home" -V)
    rm -rf "$work/here.runs"
    (cd "$checkout" && CI=true nice "$home" -m pytest "${what[@]}" --junitxml="$work/here.xml" \
        --basetemp="$work/here.runs") >"$work/here.log" 2>&1 || true
}

in_debian() { # SUITE
    make_debian "$1" "$work/$1"
    mount_debian
    local packages=()
    eval "$(sed -n '/^packages=(/,/^)/p' "$checkout/.ci/run")"
    {
        inside apt-get update -q
        inside apt-get install -y -q --no-install-recommends "${packages[@]}" git passwd
        inside sh -c 'test -s /etc/machine-id || tr -d - </proc/sys/kernel/random/uuid >/etc/machine-id'
        inside id person || inside useradd -m person
        mkdir -p "$folder/tmp/.X11-unix"
        chmod 1777 "$folder/tmp" "$folder/tmp/.X11-unix" "$folder/dev/shm"
        rm -rf "$folder/home/person/clone" "$folder/tmp/runs"
        git clone -q "$checkout" "$folder/home/person/clone"
        inside chown -R person: /home/person
        as_person python3 install.py
        as_person env CI=true python3 install.py --test -- "${what[@]}" --junitxml=/tmp/real.xml --basetemp=/tmp/runs ||
            true
    } >"$work/$1.log" 2>&1
    obs=$(inside dpkg-query -W -f='${Version}' obs-studio) python=$(inside python3 -V)
    cp "$folder/tmp/real.xml" "$work/$1.xml"
    rm -rf "$work/$1.runs"
    cp -r "$folder/tmp/runs" "$work/$1.runs"
    unmount_debian
}

as_person() {
    inside --userspec=person sh -c 'cd /home/person/clone && exec "$@"' - "$@"
}

row() { # SUITE: one line from what pytest and the OBSes wrote
    python3 - "$work/$1.xml" "$work/$1.runs" "$1" "$obs" "$python" <<'PYTHON'
import pathlib, re, sys
import xml.etree.ElementTree as xml
report, runs, *names = sys.argv[1:]
suite = xml.parse(report).getroot().find("testsuite").attrib
failed = int(suite["failures"]) + int(suite["errors"])
passed = int(suite["tests"]) - failed - int(suite["skipped"])
counted = [log.read_text(errors="replace") for log in pathlib.Path(runs).rglob("obs-studio/logs/*.txt")]
leaks = [int(n) for text in counted for n in re.findall(r"Number of memory leaks: (\d+)", text)]
red = re.search(r"a source of no module is (red|not painted), ours is not", pathlib.Path(report).read_text())
said = {"red": "no (others are)", "not painted": "no (nor others)"}[red[1]] if red else "?"
print(f"| {' | '.join(names)} | {passed} | {failed} | {suite['skipped']} | {sum(leaks)} in {len(leaks)} exits | {said} |")
PYTHON
}

table="| where | OBS | Python | passed | failed | skipped | leaks | red |"$'\n'"|---|---|---|---|---|---|---|---|"
for suite in "${suites[@]}"; do
    if [ "$suite" = here ]; then here; else in_debian "$suite"; fi
    table+=$'\n'$(row "$suite")
done
echo "$table"
