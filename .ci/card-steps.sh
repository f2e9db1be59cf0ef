# What .ci/card and .ci/card-more have in common: steps with a time limit each, whose results are kept at every moment.
# To be sourced; sets up Python first, without an index. The folder of the results is $OUT, or card-results.
set -uo pipefail
set -m # each step is a process group of its own, and a signal to this shell is not one to the step
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec </dev/null

out=$(mkdir -p "${OUT:-card-results}" && cd "${OUT:-card-results}" && pwd)
work=$(mktemp -d)
device=${JITGATE_DEVICE:-cuda}
GRACE_S=15 # for pytest to end in order after an interrupt: it writes what it has
LEAST_S=10 # a step with less left would only start
PATIENCE=1 # times its limit that a step gets
table=() failed=0 interrupted='' must_say='' # what a step must say that has to fail

exec > >(trap '' INT TERM && exec tee "$out/log.txt") 2>&1
tee_pid=$!

row() { # name, seconds, limit, what happened
    table+=("| $1 | $2 | $3 | $4 |")
    {
        echo "| step | seconds | at most | result |"
        echo "| --- | --- | --- | --- |"
        printf '%s\n' "${table[@]}"
        echo
        echo "$device, $(date -u +%FT%TZ), $SECONDS s of $TOTAL_S s in all; exit code 0 only where every row is green or skipped by name."
    } >"$out/.steps.md"
    mv "$out/.steps.md" "$out/steps.md"
}

keep() { python3 -P perf/studies/card_results.py "$work" "$out" || failed=1; }

setup() {
    local began=$SECONDS site="$work/site"
    export PYTHONPATH="$site:$PWD/perf" PYTHONUNBUFFERED=1 COLUMNS=160 PIP_NO_INDEX=1 PIP_DISABLE_PIP_VERSION_CHECK=1
    local wheels=(.ci/wheels/*.whl)
    if [[ ! -e ${wheels[0]} ]]; then
        echo "there are no wheels in .ci/wheels; run .ci/card-wheels where there is an index" >&2
        row setup 0 '' 'broke: no wheels'
        finish 2
    fi
    # The package itself is used from the working tree: of its wheel only the entry points are installed.
    python3 -m pip install -q --no-deps --no-cache-dir --no-compile --target "$site" "${wheels[@]}" &&
        python3 -c 'import sys; from hatchling.build import build_editable; build_editable(sys.argv[1])' "$work" &&
        python3 -m pip install -q --no-deps --no-cache-dir --no-compile --target "$site" "$work"/jitgate-*.whl
    local status=$?
    if ((status)); then
        row setup $((SECONDS - began)) '' "broke: exit $status"
        finish 2
    fi
    row setup $((SECONDS - began)) '' green
}

# step NAME LIMIT_S COMMAND...: run it until it ends, or is interrupted at its limit or at the end of the whole.
step() {
    local name=$1 limit=$2 began=$SECONDS status result
    shift 2
    limit=$((limit * PATIENCE))
    local left=$((TOTAL_S - GRACE_S - SECONDS))
    ((limit > left)) && limit=$left
    if [[ -n $interrupted ]] || ((limit < LEAST_S)); then
        row "$name" 0 "$limit" "not run: $([[ -n $interrupted ]] && echo interrupted || echo 'no time was left')"
        failed=1
        return
    fi
    echo
    echo "=== $name, at most $limit s (after $SECONDS s): $*"
    touch "$work/$name.began"
    # In the foreground `timeout` signals the command alone, once: pytest takes a second one for impatience. `env`: what a
    # shell starts in the background ignores SIGINT, and so would all that it starts.
    timeout --foreground --signal=INT --kill-after="$GRACE_S" "$limit" env --default-signal=INT "$@" &
    local running=$!
    wait "$running"
    status=$?
    if [[ -n $interrupted ]]; then # `wait` was cut short
        kill -INT "$running" 2>/dev/null # `timeout` passes it on
        local until=$((SECONDS + GRACE_S))
        while ((SECONDS < until)) && kill -0 "$running" 2>/dev/null; do sleep 0.2; done
        status=$interrupted
    fi
    kill -KILL -- "-$running" 2>/dev/null # workers of one that was killed
    keep_rounds "$name"
    keep
    result=$(said "$name" "$status" "$limit")
    row "$name" $((SECONDS - began)) "$limit" "$result"
    [[ $result == green* ]] || failed=1
}

said() { # name, exit status, limit -> what happened
    case $2 in
    0) [[ -z $must_say ]] && echo green || echo 'red: it should have failed' ;;
    1)
        if [[ -n $must_say ]] && grep -qF "$must_say" "$work/$1.junit.xml"; then
            echo "green: it failed, as it must, with \"$must_say\""
        else
            echo 'red: see the report and the log'
        fi
        ;;
    124 | 137) echo "stopped at its limit of $3 s; what it had is kept" ;;
    130 | 143) echo 'interrupted; what it had is kept' ;;
    *) echo "broke: exit $2" ;;
    esac
}

skip() { row "$1" 0 '' "skipped by name: $2"; }

# measure NAME LIMIT_S OPTION...: a run of the suite, whose results go into the common files.
measure() {
    local name=$1 limit=$2
    shift 2
    step "$name" "$limit" "${suite[@]}" "${files[@]/NAME/$name}" "$@"
}

suite=(python3 -m pytest perf -q -rA -m "not reported" --jitgate-device "$device" --jitgate-lock-timeout 5)
files=("--junit-xml=$work/NAME.junit.xml" "--benchmark-json=$work/NAME.benchmark.json" "--jitgate-report=$work/NAME.report.md")
# A machine without a card rehearses with the narrow model. It is slow and busy: only the gates as shipped are timed, and a
# step gets longer, since those that need a card take no time.
model=cosyvoice2 untimed=()
if [[ $device == cpu ]]; then
    model=cosyvoice2-small untimed=(--jitgate-smoke) PATIENCE=2
    suite+=(--jitgate-noisy-rounds include)
fi

keep_rounds() {
    [[ -d .jitgate/rounds ]] || return 0
    mkdir -p "$work/rounds/$1"
    find .jitgate/rounds -name '*.csv' -newer "$work/$1.began" -exec cp --parents -t "$work/rounds/$1" {} +
}

finish() {
    trap '' INT TERM
    keep
    echo
    cat "$out/steps.md" 2>/dev/null
    exec >&- 2>&-
    wait "$tee_pid"
    rm -rf "$work"
    exit "${interrupted:-$1}"
}

trap 'interrupted=130' INT
trap 'interrupted=143' TERM
