use super::*;
use crate::wire::send;
use hovera_bench::fake;
use hovera_core::{Op, Pacing};
use tempfile::NamedTempFile;

/// What a worker says first.
fn opened() -> Reply {
    let device = Device { name: "Scripted 100".into(), ..Device::default() };
    let (software, timers, remarks) = (Software::default(), vec![Timer::Event], Vec::new());
    Reply::Opened(Box::new(Opened { device, software, timers, remarks }))
}

/// A worker that says what stands in a file, whatever it is asked, and ends at once or with the sweep.
fn scripted(said: &[u8], then: &'static str) -> (Worker, NamedTempFile) {
    let mut script = Vec::new();
    send(&mut script, &opened()).unwrap();
    script.extend(said);
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), script).unwrap();
    let path = file.path().to_owned();
    let start = move || {
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!("cat \"$0\" >&0; {then}")).arg(&path);
        command
    };
    let limits = Limits { open: Duration::from_secs(60), point: Duration::from_secs(60) };
    (Worker::open(start, limits).unwrap(), file)
}

const UNTIL_THE_END: &str = "cat >/dev/null";

fn framed(replies: &[Reply]) -> Vec<u8> {
    let mut bytes = Vec::new();
    replies.iter().for_each(|reply| send(&mut bytes, reply).unwrap());
    bytes
}

#[test]
fn a_footprint_that_is_not_answered_is_an_error() {
    let point = fake::point(Op::Score, 8, Pacing::None);
    let (worker, _file) = scripted(&framed(&[Reply::Bytes(7)]), UNTIL_THE_END);
    assert_eq!(worker.footprint(&point), Ok(7));

    let (worker, _file) = scripted(&framed(&[Reply::Done, Reply::Bytes(7)]), UNTIL_THE_END);
    let lost = BackendError::Lost("its worker answered something else than it was asked: done".into());
    assert_eq!(worker.footprint(&point), Err(lost.clone()));
    assert_eq!(worker.footprint(&point), Err(lost), "what was meant for the first question came after all");

    let (worker, _file) = scripted(b"\x01\0\0\0\xc1", UNTIL_THE_END);
    let error = worker.footprint(&point).unwrap_err().to_string();
    assert!(error.starts_with("a message between hovera and its worker is not valid: "), "{error}");

    let (worker, _file) = scripted(b"", "exit 3");
    let died = BackendError::Lost("its worker died (exit status 3)".into());
    assert_eq!(worker.footprint(&point), Err(died));
}

#[test]
fn an_answer_out_of_turn_to_what_cannot_fail_is_said_by_the_next_call() {
    for ask in [
        |worker: &mut Worker| assert_eq!(worker.energy_j(), None),
        |worker: &mut Worker| {
            assert_eq!(worker.telemetry(), Telemetry::default());
        },
    ] {
        let (mut worker, _file) = scripted(&framed(&[Reply::Bytes(7), Reply::Done]), UNTIL_THE_END);
        ask(&mut worker);
        let lost = BackendError::Lost("its worker answered something else than it was asked: bytes".into());
        assert_eq!(worker.verify(), Err(lost));
    }
}
