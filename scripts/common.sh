# Shared by the scripts of this folder; sourced, never run. Sets LYCEUM_ROOT, LYCEUM_CACHE and LIBTORCH.

LYCEUM_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
LYCEUM_CACHE="${XDG_CACHE_HOME:-$HOME/.cache}/lyceum"
TORCH_VERSION=2.11.0

say() { [ -n "${LYCEUM_QUIET:-}" ] || printf '%s\n' "$*" >&2; }

die() { # MESSAGE [EXIT CODE]
    printf '%s: %s\n' "$(basename "$0")" "$1" >&2
    exit "${2:-1}"
}

# Scripts call each other: a LIBTORCH that one of them set is as much ours as none.
ours="$LYCEUM_CACHE/libtorch-$TORCH_VERSION-$(uname -m)/torch"
LIBTORCH="${LIBTORCH:-$ours}"
[ "$LIBTORCH" = "$ours" ] && LIBTORCH_IS_OURS=yes || LIBTORCH_IS_OURS=
export LIBTORCH

# What an installation puts outside its own folder, below the prefix; its .outside holds their checksums.
OUTSIDE=(share/man/man1/lyceum.1 share/bash-completion/completions/lyceum share/zsh/site-functions/_lyceum)

# Whether a file below a prefix is as the installation there wrote it.
is_ours() { # PREFIX FILE
    [ -f "$1/$2" ] && [ ! -L "$1/$2" ] && grep -qxF "$(sha256sum <"$1/$2" | cut -d ' ' -f 1)  $2" \
        "$1/lib/lyceum/.outside" 2>/dev/null
}

# Installs what building needs, and builds the program and its plugins.
set_up_and_build() {
    "$LYCEUM_ROOT/scripts/setup" --packages
    if [ -n "$LIBTORCH_IS_OURS" ] && [ ! -e "$LIBTORCH/.complete" ]; then
        # Only the plugins need libtorch. What both begin with is built while it comes, and the whole program if it takes
        # longer; all at once is faster where it is there.
        "$LYCEUM_ROOT/scripts/setup" &
        local fetching=$!
        build "building the first part" "$LYCEUM_ROOT/.build/release.log" -c release --target Lab
        if kill -0 "$fetching" 2>/dev/null; then
            build "building the program" "$LYCEUM_ROOT/.build/release.log" -c release --product lyceum
        fi
        wait "$fetching" || exit
    else
        "$LYCEUM_ROOT/scripts/setup"
    fi
    build_lyceum
}

# Builds the program and its plugins, optimised.
build_lyceum() {
    build "building Lyceum" "$LYCEUM_ROOT/.build/release.log" -c release
    # Only comfort: completion and help open a plugin whose options are not kept.
    "$LYCEUM_ROOT/.build/release/lyceum" plugin prepare || true
}

# Builds what it is told to build, showing the compiler's output only if the build fails.
build() { # LABEL LOG ARGUMENTS OF swift build
    local label="$1" log="$2" start=$SECONDS
    shift 2
    mkdir -p "$(dirname "$log")"
    say "$label (the first time takes some minutes)"
    if ! (cd "$LYCEUM_ROOT" && swift build "$@") >"$log" 2>&1; then
        grep -E "error:|fatal" "$log" | head -40 >&2 || tail -40 "$log" >&2
        die "the build failed; the whole log is $log"
    fi
    say "$label: done in $((SECONDS - start)) s"
}

# Prints the rows that a bench measured as a table and keeps them for scripts/bench/report; see results.py.
results() { # NAME
    python3 "$LYCEUM_ROOT/scripts/bench/results.py" "$1"
}
