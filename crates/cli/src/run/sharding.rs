//! `hovera run --shard`: which part of a sweep this job measures.

use crate::forecasts::{CardForecast, PredictedLaunches};
use crate::talk::voice::Voice;
use anyhow::{Context, Result, ensure};
use hovera_core::{ASSUMED_GPU, CostModel, MethodSpec, Plan, Point, Processor, Shard, in_percent};
use std::str::FromStr;

/// `--shard` as typed: the shard itself, or the scheduler whose variables tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ShardBy {
    /// `3/8`.
    Given(Shard),
    /// `slurm`: the task of a whole job array `--array=1-N`; `slurm/8`: of an array that may be a part of it.
    Slurm(Option<u32>),
    /// `kubernetes/8`: the index of an indexed Job, which does not tell how many there are.
    Kubernetes(u32),
}

const WANT: &str = "want I/N such as 3/8 with I from 1 to N, slurm, slurm/N or kubernetes/N";

impl FromStr for ShardBy {
    type Err = String;

    fn from_str(text: &str) -> Result<ShardBy, String> {
        let count = |count: &str| count.parse().ok().filter(|count| *count > 0).ok_or(WANT.to_owned());
        match text.split_once('/') {
            None if text == "slurm" => Ok(ShardBy::Slurm(None)),
            Some(("slurm", n)) => Ok(ShardBy::Slurm(Some(count(n)?))),
            Some(("kubernetes", n)) => Ok(ShardBy::Kubernetes(count(n)?)),
            _ => text.parse().map(ShardBy::Given).map_err(|_| WANT.to_owned()),
        }
    }
}

impl ShardBy {
    /// The shard, by the variables that the scheduler set for this job.
    fn shard(self, variable: impl Fn(&str) -> Option<String>) -> Result<Shard> {
        let number = |name: &str, of: &str| -> Result<u32> {
            let value = variable(name).with_context(|| format!("{name} is not set: this is no {of}"))?;
            value.parse().ok().with_context(|| format!("{name} = {value:?}: want an integer, 0 or more"))
        };
        let array = "task of a Slurm job array";
        match self {
            ShardBy::Given(shard) => Ok(shard),
            ShardBy::Slurm(None) => {
                let task = number("SLURM_ARRAY_TASK_ID", array)?;
                let [first, last, count] =
                    ["MIN", "MAX", "COUNT"].map(|it| number(&format!("SLURM_ARRAY_TASK_{it}"), array));
                let (first, last, count) = (first?, last?, count?);
                ensure!(
                    first == 1 && last == count,
                    "the job array's {count} tasks are numbered {first} to {last}: want all of --array=1-N, or \
                     --shard slurm/N for some of them"
                );
                Ok(Shard::new(task, count)?)
            }
            ShardBy::Slurm(Some(count)) => {
                let task = number("SLURM_ARRAY_TASK_ID", array)?;
                Shard::new(task, count).with_context(|| {
                    format!("SLURM_ARRAY_TASK_ID = {task}: want 1 to {count}, tasks of --array=1-{count}")
                })
            }
            ShardBy::Kubernetes(count) => {
                let index = number("JOB_COMPLETION_INDEX", "pod of an indexed Kubernetes Job")?;
                Shard::new(index.saturating_add(1), count).with_context(|| {
                    format!(
                        "JOB_COMPLETION_INDEX = {index}: want less than {count}, as many as the Job's completions"
                    )
                })
            }
        }
    }
}

/// The part of the plan that is asked for, in the plan's order, and which one it is.
pub(crate) fn narrow(
    plan: Plan,
    by: Option<ShardBy>,
    method: &MethodSpec,
    voice: Voice,
) -> Result<(Plan, Option<Shard>)> {
    let Some(by) = by else { return Ok((plan, None)) };
    let shard = by.shard(|name| std::env::var(name).ok()).context("--shard")?;
    let points = plan.len();
    let split = plan.split(shard.count(), |point| CostModel::shard_cost(point, method));
    let loads = loads(plan.points(), split.shards(), method);
    let part = plan.shard(shard, |point| CostModel::shard_cost(point, method));
    voice.say(&format!("shard {shard}: {} of {points} points, {}", part.len(), describe(shard, &loads)));
    Ok((part, Some(shard)))
}

/// How many points each shard has, and what they take together in ns, as predicted for the GPU that stands for all. The cut
/// itself never goes by predictions: files of shards are merged by versions of this program whose constants differ.
fn loads(points: &[Point], shards: &[u32], method: &MethodSpec) -> Vec<(u64, u128)> {
    let known = CardForecast::known(ASSUMED_GPU).map(|card| PredictedLaunches::of(&card, points));
    let mut loads = vec![(0, 0); shards.iter().max().map_or(0, |most| *most as usize)];
    for (point, shard) in points.iter().zip(shards) {
        let cost = CostModel::new(Processor::reference(point.engine), method);
        let cost = known.as_ref().map_or(cost, |known| cost.with_launches(known));
        let (count, total) = &mut loads[*shard as usize - 1];
        *count += 1;
        *total += (cost.point_seconds(point) * 1e9).round() as u128;
    }
    loads
}

/// `12.510 % of the estimated time; all shards have 97 to 106 points, the longest takes 1.0010 times the mean`.
fn describe(shard: Shard, loads: &[(u64, u128)]) -> String {
    let (total, longest) = loads.iter().fold((0, 0), |(sum, most), (_, cost)| (sum + cost, most.max(*cost)));
    let own = loads.get(shard.index() as usize - 1).map_or(0, |(_, cost)| *cost);
    let share = in_percent(own as f64 / total.max(1) as f64, 3);
    let imbalance = longest as f64 * f64::from(shard.count().get()) / total.max(1) as f64;
    let sizes = loads.iter().map(|(points, _)| *points);
    let most = sizes.clone().max().unwrap_or(0);
    // Those without points have no load.
    let is_any_empty = loads.len() < shard.count().get() as usize;
    let fewest = if is_any_empty { 0 } else { sizes.min().unwrap_or(0) };
    format!(
        "{share} of the estimated time; all shards have {fewest} to {most} points, the longest takes \
         {imbalance:.4} times the mean"
    )
}

/// `-shard-03-of-16`: names that sort as the shards do.
pub(crate) fn file_name_part(shard: Shard) -> String {
    let count = shard.count().to_string();
    format!("-shard-{:0width$}-of-{count}", shard.index(), width = count.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hovera_core::{Engine, SweepSpec};

    fn shard(by: &str, variables: &[(&str, &str)]) -> Result<String, String> {
        let by: ShardBy = by.parse()?;
        let of = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        by.shard(of).map(|shard| shard.to_string()).map_err(|error| format!("{error:#}"))
    }

    fn array<'a>(id: &'a str, min: &'a str, max: &'a str, count: &'a str) -> [(&'a str, &'a str); 4] {
        [
            ("SLURM_ARRAY_TASK_ID", id),
            ("SLURM_ARRAY_TASK_MIN", min),
            ("SLURM_ARRAY_TASK_MAX", max),
            ("SLURM_ARRAY_TASK_COUNT", count),
        ]
    }

    #[test]
    fn a_task_of_a_whole_array_is_the_shard_of_its_number() {
        assert_eq!(shard("slurm", &array("3", "1", "8", "8")), Ok("3/8".into()));
        assert_eq!(shard("slurm/8", &array("3", "3", "5", "2")), Ok("3/8".into()));
        // What is given is not asked of the scheduler.
        assert_eq!(shard("2/4", &array("3", "1", "8", "8")), Ok("2/4".into()));
    }

    #[test]
    fn a_part_of_an_array_is_not_taken_for_all_of_it() {
        for (min, max, count, numbered) in
            [("3", "5", "2", "2 tasks are numbered 3 to 5"), ("0", "7", "8", "8 tasks are numbered 0 to 7")]
        {
            assert_eq!(
                shard("slurm", &array("3", min, max, count)),
                Err(format!(
                    "the job array's {numbered}: want all of --array=1-N, or --shard slurm/N for some of them"
                ))
            );
        }
        assert_eq!(
            shard("slurm/8", &array("0", "0", "7", "8")).unwrap_err(),
            "SLURM_ARRAY_TASK_ID = 0: want 1 to 8, tasks of --array=1-8: shard \"0/8\": want I/N such as 3/8, \
             with I from 1 to N"
        );
    }

    #[test]
    fn sizes_and_times_are_those_of_all_shards() {
        let loads = [(1, 400), (3, 300), (2, 300)];
        let describe = |shard: &str| describe(shard.parse().unwrap(), &loads);
        assert_eq!(
            describe("2/3"),
            "30.000 % of the estimated time; all shards have 1 to 3 points, the longest takes 1.2000 times the mean"
        );
        assert_eq!(
            describe("4/4"),
            "0.000 % of the estimated time; all shards have 0 to 3 points, the longest takes 1.6000 times the mean"
        );
    }

    #[test]
    fn the_balance_is_told_by_what_launches_are_predicted_to_take() {
        let spec = "name = \"s\"\nengine = \"cublas\"\nheads = 12\nbatch = 4\nseq = 2048\nhead_dim = { from = 1, to = 400 }\n";
        let spec = SweepSpec::parse("s.toml", spec).unwrap();
        let (plan, method) = (Plan::expand(&spec, Engine::Cublas).unwrap(), spec.method());
        let by_rule = |point: &Point| CostModel::shard_cost(point, method);
        let split = plan.split(4.try_into().unwrap(), by_rule);
        let told = loads(plan.points(), split.shards(), method);
        let counts = |loads: &[(u64, u128)]| loads.iter().map(|(count, _)| *count).collect::<Vec<_>>();
        assert_eq!(counts(&told), counts(&split.loads()));
        let imbalance = |loads: &[(u64, u128)]| {
            let total: u128 = loads.iter().map(|(_, cost)| cost).sum();
            let most = loads.iter().map(|(_, cost)| *cost).max().unwrap();
            most as f64 * loads.len() as f64 / total as f64
        };
        // By its own rule the cut looks better than it is.
        let (own, predicted) = (imbalance(&split.loads()), imbalance(&told));
        assert!(own < 1.001 && (1.002..1.05).contains(&predicted), "{own} {predicted}");
    }

    #[test]
    fn kubernetes_counts_from_nought() {
        let index = |index| [("JOB_COMPLETION_INDEX", index)];
        assert_eq!(shard("kubernetes/8", &index("0")), Ok("1/8".into()));
        assert_eq!(shard("kubernetes/8", &index("7")), Ok("8/8".into()));
        assert!(
            shard("kubernetes/8", &index("8"))
                .unwrap_err()
                .starts_with("JOB_COMPLETION_INDEX = 8: want less")
        );
    }

    #[test]
    fn outside_of_the_scheduler_there_is_no_shard() {
        assert_eq!(
            shard("slurm", &[]),
            Err("SLURM_ARRAY_TASK_ID is not set: this is no task of a Slurm job array".into())
        );
        assert_eq!(
            shard("kubernetes/2", &[("JOB_COMPLETION_INDEX", "one")]),
            Err("JOB_COMPLETION_INDEX = \"one\": want an integer, 0 or more".into())
        );
        for wrong in ["", "3", "9/8", "slurm/", "slurm/0", "kubernetes", "kubernetes/0", "k8s/3", "auto"] {
            assert_eq!(shard(wrong, &[]), Err(WANT.into()), "{wrong}");
        }
    }
}
