#!/usr/bin/env bash
# What a stranger does first, in a bare Debian: the two commands of a fresh clone, then the wheel in an environment of its
# own. Writes the transcript with its times to crates/cli/pages/first-minutes.md. The first command of it that fails ends it.
#   crates/cli/tests/first-minutes.sh WHEEL [FOLDER]
# As root, with mmdebstrap, a network and 8 GB in FOLDER. WHEEL is what crates/cli/python/wheel.sh built. It takes 25 minutes
# on two cores that do nothing else, and one where PARTS=wheel leaves out what needs the clone.
set -euo pipefail
if [ "${IN_NAMESPACE:-}" != yes ]; then
    IN_NAMESPACE=yes exec unshare --mount "$0" "$@"
fi
wheel=$(realpath "$1")
folder=$(realpath "${2:-$(mktemp -d)}")
repository=$(cd "$(dirname "$0")/../../.." && pwd)
suite=bookworm
bare=$folder/bare
page=$repository/crates/cli/pages/first-minutes.md
transcript=$folder/transcript

[ -e "$bare.tar" ] || mmdebstrap --quiet --variant=minbase "$suite" "$bare.tar"
rm -rf "$bare" && mkdir "$bare" && tar --exclude ./dev -xf "$bare.tar" -C "$bare" && mkdir -p "$bare/dev"
mount --bind /proc "$bare/proc"
mount --rbind /dev "$bare/dev"
cp /etc/resolv.conf "$bare/etc/resolv.conf"
rm -rf "$bare/root" "$bare/work" && mkdir "$bare/root" "$bare/work"
cp "$wheel" "$bare/work/"
git -c safe.directory='*' clone --quiet --bare "$repository" "$bare/work/hovera.git"
# The certificates that this machine trusts, which its network may need.
mkdir -p "$bare/etc/ssl/certs"
cp -L /etc/ssl/certs/ca-certificates.crt "$bare/work/certificates.crt"

within() {
    chroot "$bare" /usr/bin/env -i HOME=/root TERM=dumb LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
        PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin GIT_CONFIG_COUNT=1 \
        GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*' SSL_CERT_FILE=/work/certificates.crt \
        PIP_CERT=/work/certificates.crt CURL_CA_BUNDLE=/work/certificates.crt PIP_ROOT_USER_ACTION=ignore \
        PIP_DISABLE_PIP_VERSION_CHECK=1 bash -c "PATH=\$HOME/.cargo/bin:\$PATH; cd $1 && $2"
}

# Seconds in minutes and seconds.
minutes() { awk -v s="$1" 'BEGIN { printf s < 60 ? "%.1f s" : "%d min %02d s", s < 60 ? s : s / 60, s % 60 }'; }

# FOLDER COMMAND [FILTER]: runs it, keeps it, what it printed (the last lines, through a filter) and what it took.
step() {
    local output=$folder/output times wall cpu
    echo "== $2" >&2
    TIMEFORMAT='%R %U %S'
    times=$({ time within "$1" "$2" >"$output" 2>&1; } 2>&1) || { tail -40 "$output" >&2; return 1; }
    read -r wall cpu <<<"$(awk '{ print $1, $2 + $3 }' <<<"$times")"
    {
        echo "\$ $2"
        eval "${3:-cat}" <"$output" | cut -c1-160
        echo "($(minutes "$wall"); $(minutes "$cpu") of CPU)"
    } >>"$transcript"
}
: >"$transcript"

printf '<!-- not run here: it takes a bare machine and half an hour -->\n```console\n' >>"$transcript"
step /root 'apt-get update' 'tail -1'
step /root 'apt-get install --yes --no-install-recommends ca-certificates curl git gcc libc6-dev python3-venv' ':'
if [ "${PARTS:-}" != wheel ]; then
    step /root 'curl -sSfO https://static.rust-lang.org/rustup/dist/x86_64-unknown-linux-gnu/rustup-init' ':'
    step /root 'chmod +x rustup-init && ./rustup-init -y --quiet --profile minimal && rustc --version' 'tail -1'
    step /root 'git clone --quiet /work/hovera.git' ':'
    step /root/hovera 'cargo run --release -- figures' \
        'grep -v "^ *\(Compiling\|Downloaded\|Downloading\|Updating\|Locking\|Adding\) " | tail -4'
    step /root/hovera 'git status --short' 'cat'
    step /root/hovera 'cargo test --workspace' \
        'awk "/^test result:/ { passed += \$4; failed += \$6; ignored += \$8 } END { print passed \" passed, \" failed \" failed, \" ignored \" ignored (they need a GPU or hours)\" }"'
    head=$(git -c safe.directory='*' -C "$repository" rev-parse --short=12 HEAD)
    cloned="The first part, at revision $head, needs Rust and no GPU; the second, from \`python3 -m venv\` on, needs neither Rust nor the clone."
else
    cloned='What is done in the clone was left out this time (`PARTS=wheel`).'
fi
step /work 'python3 -m venv environment' ':'
step /work 'environment/bin/pip install --quiet ./hovera-*.whl' 'cat'
step /work 'environment/bin/hovera plot recorded:nvidia-h100-80gb-hbm3/attention-a12' 'cat'
step /work 'environment/bin/hovera report recorded:nvidia-h100-80gb-hbm3/attention-a12 -o h100.html' 'cat'
step /work 'environment/bin/pip install --quiet uv && environment/bin/uvx --quiet --from ./hovera-*.whl hovera --version' 'cat'
echo '```' >>"$transcript"

{
    echo '# The first minutes, from nothing'
    echo
    fold -s -w 120 <<END | sed 's/ *$//'
What a stranger types in a bare Debian, and what it prints. \`crates/cli/tests/first-minutes.sh\` ran this on $(date -u +%Y-%m-%d), on $(nproc) cores ($(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)) with a load of $(cut -d' ' -f1 /proc/loadavg) at the end, in a chroot that mmdebstrap made ($suite, minbase). What each command took stands below it. The repository is cloned from a folder, and the wheel is the one that \`crates/cli/python/wheel.sh\` builds. $cloned
END
    echo
    cat "$transcript"
} >"$page"
echo "$page"
