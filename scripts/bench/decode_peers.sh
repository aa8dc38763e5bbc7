# Shared by decode and latency; sourced. Sets `python` to an interpreter with the peers, and what both sides read.
# LYCEUM_BENCH_PYTHON names an interpreter that has the packages already.
if [ -n "${LYCEUM_BENCH_PYTHON:-}" ]; then
    python="$LYCEUM_BENCH_PYTHON"
else
    packages="ctranslate2==4.8.5 transformers==4.56.2 torch==2.11.0 sentencepiece==0.2.1"
    python="$bench/peers/bin/python"
    if [ "$(cat "$bench/peers/pinned" 2>/dev/null)" != "$packages" ]; then
        say "bench: installing $packages (once)"
        rm -rf "${bench:?}/peers"
        python3 -m venv "$bench/peers"
        # shellcheck disable=SC2086  # several packages
        "$python" -m pip install -q --disable-pip-version-check $packages \
            --extra-index-url https://download.pytorch.org/whl/cpu || die "pip could not install $packages"
        echo "$packages" >"$bench/peers/pinned"
    fi
fi
export LYCEUM_BENCH_PROGRAM="${LYCEUM_BENCH_PROGRAM:-$LYCEUM_ROOT/scripts/lyceum}"
export LYCEUM_BENCH_FIXTURES="$LYCEUM_ROOT/Tests"
