#!/bin/bash
# Runs array.sbatch on a Slurm (setup.sh makes one), twice over.
#
# killed: six shards of small.toml on the CPU. One of the tasks is killed with SIGKILL in the middle and requeued.
# late: two shards of a sweep of the same points, six times as long, with a time limit of two minutes, which is
# too short. Slurm sends SIGTERM before it, and the same array, submitted beforehand to run after that, goes on.
#
# Then the shards are merged and held against what one run without shards would measure.
#
#   run.sh HOVERA [FOLDER]
#
# Exit code 1 when the merged file's points are not the whole sweep's, in its order, or no SIGTERM came in time.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export HOVERA=$(realpath "$1") HOVERA_BACKEND=cpu
folder=${2:-$(mktemp -d)}
mkdir -p "$folder/shards" "$folder/late"
cd "$folder"
cp "$here/small.toml" .
sed 's/_samples = 200/_samples = 1200/' small.toml >long.toml
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
fact() { scontrol show job "${job}_$1" | grep -oE "\\<($2)=[^ ]+" | xargs; }
state() { fact "$1" 'JobState|Restarts'; }
keys() { grep -E '^(score|values),' "$1" | cut -d, -f 1-19; }
# Merges a folder and holds it against the whole sweep.
merged() {
    "$HOVERA" merge "$1" -o "$1.csv"
    if cmp <(keys "$1.csv") <(keys whole.csv); then
        echo "the merged file has the $(keys whole.csv | wc -l) points of the whole sweep, in its order"
    else
        echo "the merged file is not the whole sweep" >&2
        exit 1
    fi
}
finished() { while squeue -h -r -j "$1" 2>/dev/null | grep -q .; do sleep 0.5; done; }

echo "== killed"
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
finished "$job"
echo "task $victim: $(state $victim), $(rows $file) rows; it said:"
sed 's/^/    /' "slurm-$victim.out"

"$HOVERA" run small.toml --backend cpu -o whole.csv --quiet
merged shards

echo "== late"
submit() { sbatch --parsable --array=1-2 --output=late-%a.out "$@" "$here/array.sbatch" long.toml late; }
job=$(submit --time=2)
again=$(submit --time=15 --dependency="afterany:$job")
echo "job $job, 2 tasks of at most 2 minutes; job $again, the same again after it"
finished "$job"
for task in 1 2; do
    echo "task $task: $(fact $task 'JobState|RunTime|ExitCode'), $(rows late/shard-0000$task.csv) rows"
    # 128 and SIGTERM, which Slurm calls a failure; at the limit itself it would be TIMEOUT.
    fact $task 'JobState|ExitCode' | grep -qx 'JobState=FAILED ExitCode=143:0'
    grep -q 'stopped by SIGTERM after' late-$task.out
done
job=$again
finished "$job"
for task in 1 2; do
    echo "task $task again: $(fact $task 'JobState|RunTime|ExitCode'), $(rows late/shard-0000$task.csv) rows; it said:"
    sed 's/^/    /' "late-$task.out"
done
merged late
