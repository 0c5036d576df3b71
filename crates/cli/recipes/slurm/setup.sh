#!/bin/sh
# A Slurm of one node on this machine, for trying the recipe out: Debian's packages, as root, in a container or
# a virtual machine (no systemd, no cgroups needed). It replaces /etc/slurm/slurm.conf.
#
#   setup.sh        install, configure, start
#   setup.sh stop   end the daemons that it started
set -eu

state=/run/hovera-slurm

stop() {
    for daemon in slurmd slurmctld munged; do
        if [ -f "$state/$daemon.pid" ]; then
            kill "$(cat "$state/$daemon.pid")" 2>/dev/null || true
            rm -f "$state/$daemon.pid"
        fi
    done
}

if [ "${1:-}" = stop ]; then
    stop
    exit 0
fi
[ "$(id -u)" = 0 ] || { echo "setup.sh: want root" >&2; exit 2; }

if ! command -v slurmctld >/dev/null || ! command -v munged >/dev/null; then
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends slurm-wlm munge
fi

mkdir -p "$state" /run/munge /var/lib/slurm/ctld /var/lib/slurm/d /var/log/slurm
chown munge: /run/munge
stop

# A job array of two CPUs and no accounting; a requeued task starts again at once.
cat >/etc/slurm/slurm.conf <<CONF
ClusterName=hovera
SlurmctldHost=$(hostname -s)
SlurmUser=root
AuthType=auth/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SchedulerType=sched/backfill
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
JobRequeue=1
MpiDefault=none
StateSaveLocation=/var/lib/slurm/ctld
SlurmdSpoolDir=/var/lib/slurm/d
SlurmctldPidFile=$state/slurmctld.pid
SlurmdPidFile=$state/slurmd.pid
SlurmctldLogFile=/var/log/slurm/slurmctld.log
SlurmdLogFile=/var/log/slurm/slurmd.log
KillWait=10
NodeName=$(hostname -s) CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF

# In the foreground, so that they are known by the number that the shell gives.
setpriv --reuid=munge --regid=munge --clear-groups munged --foreground --force >/var/log/slurm/munged.log 2>&1 &
echo $! >"$state/munged.pid"
for _ in 1 2 3 4 5 6 7 8 9 10; do munge -n >/dev/null 2>&1 && break; sleep 1; done
slurmctld -c -D >/dev/null 2>&1 &
slurmd -D >/dev/null 2>&1 &
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    if sinfo -h -o %T 2>/dev/null | grep -qx idle; then
        sinfo
        exit 0
    fi
    sleep 1
done
echo "setup.sh: the node did not come up within 20 s; see /var/log/slurm" >&2
exit 1
