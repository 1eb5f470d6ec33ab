# A Debian in a folder, used as a machine of its own: sourced by bare_system.sh and benchmarks/obs_matrix.sh. As root, with
# debootstrap. Where packages come from, and by what certificates and settings, is asked of this machine at run time.
# Sets: folder (the Debian), bound (what is mounted in it).

declare -a bound=() pip_settings=()

make_debian() { # SUITE FOLDER: makes it, unless it is there
    folder=$(realpath -m "$2")
    local mirror
    mirror=$(. /etc/os-release && apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Created-By: Packages' |
        awk -v own="${VERSION_CODENAME:-}" '$1 == own { print $2; exit }')
    if [ ! -e "$folder/usr/bin/python3" ]; then
        mkdir -p "$(dirname "$folder")"
        debootstrap --variant=minbase --include=ca-certificates,python3 "$1" "$folder" ${mirror:+"$mirror"} \
            >"$folder.debootstrap.log"
    fi
    cp -L /etc/resolv.conf "$folder/etc/resolv.conf"
    cp -L /etc/ssl/certs/ca-certificates.crt "$folder/etc/ssl/certs/ca-certificates.crt"
    {
        apt-config dump Acquire::http
        apt-config dump Acquire::https
        echo 'Acquire::Check-Valid-Until "false";' # a mirror may be kept back; signatures are checked all the same
    } >"$folder/etc/apt/apt.conf.d/99host"
}

mount_debian() {
    mkdir -p "$folder/proc" "$folder/sys" "$folder/dev/shm"
    trap unmount_debian EXIT
    _bind "$folder/proc" -t proc proc
    _bind "$folder/sys" -t sysfs -o ro sysfs
    _bind "$folder/dev/shm" -t tmpfs tmpfs
    # Pip's settings become variables; what they name on this machine's disk is there as well.
    local name value word
    pip_settings=()
    while IFS== read -r name value; do
        pip_settings+=("PIP_$(tr a-z- A-Z_ <<<"$name")=$value")
        for word in $value; do
            word=${word#file://}
            word=${word%/simple}
            if [[ $word == /* && -d $word ]]; then
                mkdir -p "$folder$word"
                _bind "$folder$word" --bind -o ro "$word"
            elif [[ $word == /* && -f $word ]]; then
                mkdir -p "$(dirname "$folder$word")"
                cp -L "$word" "$folder$word"
            fi
        done
    done < <(python3 -m pip config list 2>/dev/null | sed -n "s/^[^.]*\.\([a-z-]*\)='\(.*\)'$/\1=\2/p" | sort -u)
}

_bind() { # PLACE and the rest of the words of mount
    mountpoint -q "$1" && return
    mount "${@:2}" "$1"
    bound+=("$1")
}

unmount_debian() {
    local place
    for place in "${bound[@]}"; do
        umount "$place" || umount --lazy "$place" # a process that is about to end may still look at it
    done
    bound=()
}

inside() { # [--userspec=NAME] COMMAND: with a bare environment
    local user=()
    [[ $1 == --userspec=* ]] && user=("$1") && shift
    chroot "${user[@]}" "$folder" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/home/person \
        LC_ALL=C.UTF-8 "${pip_settings[@]}" DEBIAN_FRONTEND=noninteractive "$@"
}
