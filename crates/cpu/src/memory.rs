//! How much memory this process may still take: what the machine has, and what its limits leave.

use std::fs;
use std::path::{Path, PathBuf};

/// Bytes that can be allocated without swapping, and without meeting a limit of the container, the service or the
/// shell; no limit where the system tells of none.
pub(crate) fn available() -> u64 {
    available_under(Path::new("/"))
}

/// The same of a file system that `/` stands for.
fn available_under(root: &Path) -> u64 {
    let limits = [machine(root), cgroup_v2(root), cgroup_v1(root), process(root)];
    limits.into_iter().flatten().min().unwrap_or(u64::MAX)
}

/// What the kernel can free without swapping.
fn machine(root: &Path) -> Option<u64> {
    kib(&root.join("proc/meminfo"), "MemAvailable")
}

/// Control groups (cgroups(7)): each group above this process has a limit of its own.
fn cgroup_v2(root: &Path) -> Option<u64> {
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
    let path = groups.lines().find_map(|line| line.strip_prefix("0::"))?;
    let left = |group: &Path| {
        let limit = number(&group.join("memory.max"))?;
        let used = number(&group.join("memory.current"))?;
        Some(limit.saturating_sub(used.saturating_sub(cached(group, "inactive_file"))))
    };
    groups_above(&root.join("sys/fs/cgroup"), path).iter().filter_map(|group| left(group)).min()
}

/// The same of version 1, which has a hierarchy for memory alone.
fn cgroup_v1(root: &Path) -> Option<u64> {
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
    let path = groups.lines().find_map(|line| {
        let (_, rest) = line.split_once(':')?;
        let (controllers, path) = rest.split_once(':')?;
        controllers.split(',').any(|controller| controller == "memory").then_some(path)
    })?;
    let left = |group: &Path| {
        let limit = number(&group.join("memory.limit_in_bytes"))?;
        let used = number(&group.join("memory.usage_in_bytes"))?;
        Some(limit.saturating_sub(used.saturating_sub(cached(group, "total_inactive_file"))))
    };
    groups_above(&root.join("sys/fs/cgroup/memory"), path).iter().filter_map(|group| left(group)).min()
}

/// The group and all above it. In a container the path may be that of the host, which is not there: its own group
/// is then the top.
fn groups_above(top: &Path, path: &str) -> Vec<PathBuf> {
    let path = Path::new(path.trim_start_matches('/'));
    path.ancestors().map(|group| top.join(group)).collect()
}

/// What of a group's use is files that can be dropped at once.
fn cached(group: &Path, name: &str) -> u64 {
    let stat = fs::read_to_string(group.join("memory.stat")).unwrap_or_default();
    let value = stat.lines().filter_map(|line| line.split_once(' ')).find(|(key, _)| *key == name);
    value.and_then(|(_, value)| value.trim().parse().ok()).unwrap_or(0)
}

/// The limits that a shell sets with `ulimit -v` and `-d` (setrlimit(2): RLIMIT_AS, RLIMIT_DATA).
fn process(root: &Path) -> Option<u64> {
    let limits = fs::read_to_string(root.join("proc/self/limits")).ok()?;
    let left = |name: &str, used: &str| {
        let line = limits.lines().find_map(|line| line.strip_prefix(name))?;
        let limit: u64 = line.split_whitespace().next()?.parse().ok()?;
        Some(limit.saturating_sub(kib(&root.join("proc/self/status"), used)?))
    };
    [left("Max address space", "VmSize"), left("Max data size", "VmData")].into_iter().flatten().min()
}

/// The value of the first `name: 12 kB` of one of the kernel's tables, in bytes.
fn kib(table: &Path, name: &str) -> Option<u64> {
    let table = fs::read_to_string(table).ok()?;
    let (_, value) =
        table.lines().filter_map(|line| line.split_once(':')).find(|(key, _)| key.trim() == name)?;
    value.trim().trim_end_matches(" kB").parse::<u64>().ok()?.checked_mul(1024)
}

/// A number alone in a file; none where that says `max`.
fn number(path: &Path) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    /// A file system that holds these files.
    fn system(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let machine = ("proc/meminfo", "MemTotal:       67108864 kB\nMemAvailable:   33554432 kB\n");
        for (path, content) in [&[machine], files].concat() {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        root
    }

    fn left(files: &[(&str, &str)]) -> u64 {
        available_under(system(files).path())
    }

    #[test]
    fn a_machine_without_limits_has_what_the_kernel_says() {
        assert_eq!(left(&[]), 32 * GIB);
        let unlimited = "Limit                     Soft Limit           Hard Limit           Units     \n\
                         Max address space         unlimited            unlimited            bytes     \n";
        let group = ("sys/fs/cgroup/a/memory.max", "max\n");
        assert_eq!(
            left(&[("proc/self/limits", unlimited), ("proc/self/cgroup", "0::/a\n"), group]),
            32 * GIB
        );
        assert_eq!(available_under(Path::new("/none")), u64::MAX);
    }

    #[test]
    fn the_tightest_group_counts_without_the_files_that_it_can_drop() {
        let files = [
            ("proc/self/cgroup", "0::/a/b\n"),
            ("sys/fs/cgroup/a/b/memory.max", "8589934592\n"),
            ("sys/fs/cgroup/a/b/memory.current", "1073741824\n"),
            ("sys/fs/cgroup/a/memory.max", "4294967296\n"),
            ("sys/fs/cgroup/a/memory.current", "2147483648\n"),
            ("sys/fs/cgroup/a/memory.stat", "anon 1\ninactive_file 1073741824\n"),
        ];
        assert_eq!(left(&files), 3 * GIB);
        // In a container: its group is the top, whatever the host calls it.
        let inside = [
            ("proc/self/cgroup", "0::/kubepods/pod1\n"),
            ("sys/fs/cgroup/memory.max", "2147483648\n"),
            ("sys/fs/cgroup/memory.current", "1073741824\n"),
        ];
        assert_eq!(left(&inside), GIB);
    }

    #[test]
    fn groups_of_version_1_count_too() {
        let files = [
            ("proc/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/docker/1\n"),
            ("sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes", "3221225472\n"),
            ("sys/fs/cgroup/memory/docker/1/memory.usage_in_bytes", "1073741824\n"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
            ("sys/fs/cgroup/memory/memory.usage_in_bytes", "1073741824\n"),
        ];
        assert_eq!(left(&files), 2 * GIB);
    }

    #[test]
    fn what_the_shell_allows_counts_less_what_is_taken() {
        let limits = "Max data size             unlimited            unlimited            bytes     \n\
                      Max address space         2147483648           unlimited            bytes     \n";
        let status = "VmSize:\t 1048576 kB\nVmData:\t  4096 kB\n";
        assert_eq!(left(&[("proc/self/limits", limits), ("proc/self/status", status)]), GIB);
        let data = limits.replace("unlimited            unlimited", "1073741824           unlimited");
        assert_eq!(left(&[("proc/self/limits", &data), ("proc/self/status", status)]), GIB - (4 << 20));
    }
}
