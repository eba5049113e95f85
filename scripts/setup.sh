# shellcheck shell=bash
# Sourced by scripts/demo and scripts/test: makes the current folder's .venv of what constraints.txt pins, and
# fetches the photos into var/photos. When nothing changed it takes no time.

export PATH="$PATH:/usr/sbin:/sbin" # Mosquitto lives there, and Debian keeps it off a user's PATH
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1

say() { printf '%s\n' "$*" >&2; }
fail() { say "error: $*"; exit 1; }
in_ci() { [ "${CI:-}" = true ]; }

trap 'leave 130' INT
trap 'leave 143' TERM

leave() { # exit-code
    trap '' INT TERM
    local children
    children=$(jobs -p)
    # shellcheck disable=SC2086 # a word for each
    [ -z "$children" ] || kill $children 2>/dev/null || true
    wait || true
    exit "$1"
}

# Runs a program that Ctrl-C ends without a traceback: in the background it is deaf to it, and `leave` ends it.
quietly() { "$@" & wait $!; }

# The lock is the folder itself: nothing to leave behind.
lock() {
    exec 9<.
    flock -n 9 || { say "another set-up is at work here; waiting for it…"; flock 9; }
}

unlock() { exec 9<&-; }

set_up() { # demo|test
    local kind=$1 python wanted
    find_python
    wanted=$(fingerprint "$python")
    if [ "$(cat ".venv/set-up-$kind" 2>/dev/null)" != "$wanted" ]; then
        make_venv "$python"
        install_packages "$kind"
        printf '%s\n' "$wanted" >.venv/set-up-demo
        [ "$kind" = demo ] || printf '%s\n' "$wanted" >.venv/set-up-test
        rm .venv/incomplete
    fi
    quietly .venv/bin/python scripts/photos.py var/photos
}

find_python() { # sets `python`; no subshell, for that would take a check cut short by Ctrl-C for one that failed
    local name
    for name in python3 python3.13 python3.12 python3.11; do
        "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null || continue
        if ! "$name" -c 'import ensurepip, venv' 2>/dev/null; then
            apt_install python3-venv || fail "$name cannot make a venv: sudo apt install python3-venv"
        fi
        python=$(command -v "$name")
        return
    done
    fail "Python 3.11, 3.12 or 3.13 is needed; python3 here is $(python3 -V 2>&1 || true)"
}

fingerprint() { # python
    { cat pyproject.toml constraints.txt scripts/setup.sh; "$1" -VV; pwd; } | sha256sum | cut -d' ' -f1
}

make_venv() { # python
    local words
    if [ -e .venv/incomplete ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
        rm -rf .venv
        mkdir .venv
        touch .venv/incomplete
        words=$("$1" -m venv .venv 2>&1) || fail "$1 could not make a venv: $words"
    fi
    rm -f .venv/set-up-*
    touch .venv/incomplete
}

install_packages() { # demo|test
    local extras=node,web,embedded-broker
    if [ "$1" = test ]; then extras+=,opencv,test; fi
    say "installing Python packages into .venv (about a minute)…"
    # Build isolation would fetch a setuptools of its own, which only some versions of pip let us pin.
    pip_install setuptools
    pip_install --no-build-isolation -e ".[$extras]"
    if [ "$1" = test ]; then
        # face-recognition demands `dlib`, which needs a compiler; dlib-bin is the same thing as a wheel.
        pip_install dlib-bin click pillow
        pip_install --no-deps face-recognition
    fi
}

pip_install() {
    .venv/bin/python -m pip install -qq --constraint constraints.txt "$@" && return
    rm -f .venv/incomplete # pip cleaned up after itself
    fail "pip could not install $*; is there a way to the package index?"
}

# Installs the package of a program that is missing, or says what goes without it.
want() { # program package what-goes-without-it
    command -v "$1" >/dev/null && return
    apt_install "$2" && return
    ! in_ci || fail "$2 could not be installed"
    say "$1 is missing (sudo apt install $2): $3"
}

want_library() { # library package what-goes-without-it
    ldconfig -p | grep -q "$1" && return
    apt_install "$2" && return
    ! in_ci || fail "$2 could not be installed"
    say "$1 is missing (sudo apt install $2): $3"
}

apt_install() {
    command -v apt-get >/dev/null || return
    [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null || return
    say "installing $* with apt…"
    apt_get install "$@" 2>/dev/null || { apt_get update && apt_get install "$@"; }
}

apt_get() {
    local command=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=300)
    [ "$(id -u)" = 0 ] || command=(sudo -n "${command[@]}")
    # A service that the package starts must not inherit our lock.
    "${command[@]}" --no-install-recommends "$@" >/dev/null 9<&-
}
