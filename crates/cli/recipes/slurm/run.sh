#!/bin/bash
# Runs array.sbatch on a Slurm (setup.sh makes one): six shards of small.toml on the CPU. One of the tasks is
# killed with SIGKILL in the middle and requeued. Then the shards are merged and held against what one run
# without shards would measure.
#
#   run.sh HOVERA [FOLDER]
#
# Exit code 1 when the merged file's points are not the whole sweep's, in its order.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export HOVERA=$(realpath "$1") HOVERA_BACKEND=cpu
folder=${2:-$(mktemp -d)}
mkdir -p "$folder/shards"
cd "$folder"
cp "$here/small.toml" .
shards=6 victim=2

rows() { cat "$1" 2>/dev/null | grep -Ec '^(score|values),' || true; }
# The process that runs hovera for a task of the array.
process_of() {
    for process in /proc/[0-9]*; do
        if [ "$(readlink "$process/exe")" = "$HOVERA" ] &&
            { tr '\0' '\n' <"$process/environ" | grep -cxE "SLURM_ARRAY_(JOB_ID=$job|TASK_ID=$1)" || true; } |
            grep -qx 2; then
            basename "$process"
        fi
    done 2>/dev/null
}
state() { scontrol show job "${job}_$1" | grep -oE 'JobState=[A-Z_]+|Restarts=[0-9]+' | head -n 2 | xargs; }

job=$(sbatch --parsable --array=1-$shards --output=slurm-%a.out "$here/array.sbatch" small.toml shards)
echo "job $job, $shards tasks"
file=shards/shard-0000$victim.csv
until [ "$(rows $file)" -ge 10 ]; do sleep 0.1; done
kill -KILL "$(process_of $victim)"
echo "task $victim: killed with SIGKILL after $(rows $file) rows"
while squeue -h -r -j "$job" -t R,CG -o %K | grep -qx $victim; do sleep 0.1; done
echo "task $victim: $(state $victim)"
# A task that failed is run again when Slurm is told to (after about two minutes), one that was preempted by itself.
scontrol requeue "${job}_$victim"
echo "task $victim: requeued"
while squeue -h -r -j "$job" 2>/dev/null | grep -q .; do sleep 0.5; done
echo "task $victim: $(state $victim), $(rows $file) rows; it said:"
sed 's/^/    /' "slurm-$victim.out"

"$HOVERA" merge shards -o merged.csv
"$HOVERA" run small.toml --backend cpu -o whole.csv --quiet
keys() { grep -E '^(score|values),' "$1" | cut -d, -f 1-19; }
if cmp <(keys merged.csv) <(keys whole.csv); then
    echo "the merged file has the $(keys whole.csv | wc -l) points of the whole sweep, in its order"
else
    echo "the merged file is not the whole sweep" >&2
    exit 1
fi
