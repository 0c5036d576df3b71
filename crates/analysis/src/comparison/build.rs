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

/// Two builds, where both are known and are not the same.
pub(super) fn differing<'b>(
    base: &'b Option<String>,
    other: &'b Option<String>,
) -> Option<(&'b str, &'b str)> {
    let both = base.as_deref().zip(other.as_deref());
    both.filter(|(base, other)| base != other)
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
            differing(&builds[0], &builds[1]).map(|(first, second)| format!("{first}, {second}"))
        };
        let (old, new) = (measured("0.2.0", Some("24d7509")), measured("0.2.0", Some("7079c9a")));
        assert_eq!(of(&old, &new).unwrap(), "hovera 0.2.0 (24d7509), hovera 0.2.0 (7079c9a)");
        assert_eq!(of(&old, &old), None);
        let released = |version| measured(version, None);
        assert_eq!(of(&released("0.1.0"), &released("0.2.0")).unwrap(), "hovera 0.1.0, hovera 0.2.0");
        let imported = FrontMatter { source: Some(Source::default()), ..measured("0.3.0", None) };
        assert_eq!(of(&old, &imported), None);
    }
}
