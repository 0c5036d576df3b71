//! Which build of hovera measured: between two of them more can have changed than the keys of a method tell.

use hovera_core::{FrontMatter, Origin};

/// The build of hovera that measured a file; none of one that it did not measure.
pub(super) fn build_of(front_matter: &FrontMatter) -> Option<String> {
    let software = &front_matter.software;
    let build = || match &software.revision {
        Some(revision) => format!("hovera {} ({revision})", software.hovera),
        None => format!("hovera {}", software.hovera),
    };
    (front_matter.origin() == Origin::Measured).then(build)
}

/// A note where two files, each with what to call it, were measured by different builds.
pub(super) fn note([base, other]: [(&str, Option<&str>); 2]) -> Option<String> {
    let (before, after) = base.1.zip(other.1).filter(|(before, after)| before != after)?;
    let (base, other) = (base.0, other.0);
    Some(format!(
        "{base} was measured by {before} and {other} by {after}: what changed between these is in the ratios, too"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hovera_core::{MethodSpec, Software, Source, made_up};

    fn measured(hovera: &str, revision: Option<&str>) -> FrontMatter {
        let software =
            Software { hovera: hovera.into(), revision: revision.map(Into::into), ..Software::default() };
        made_up::front_matter(&MethodSpec::default(), software, vec![made_up::h100()])
    }

    #[test]
    fn other_builds_are_named_and_one_build_is_not() {
        let of = |first: &FrontMatter, second: &FrontMatter| {
            let builds = [first, second].map(build_of);
            note([("a.csv", builds[0].as_deref()), ("b.csv", builds[1].as_deref())])
        };
        let (old, new) = (measured("0.2.0", Some("24d7509")), measured("0.2.0", Some("7079c9a")));
        assert_eq!(
            of(&old, &new).unwrap(),
            "a.csv was measured by hovera 0.2.0 (24d7509) and b.csv by hovera 0.2.0 (7079c9a): what changed between \
             these is in the ratios, too"
        );
        assert_eq!(of(&old, &old), None);
        assert!(of(&measured("0.1.0", None), &measured("0.2.0", None)).is_some());
        let imported = FrontMatter { source: Some(Source::default()), ..measured("0.3.0", None) };
        assert_eq!(of(&old, &imported), None);
    }
}
