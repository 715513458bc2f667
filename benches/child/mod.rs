//! Runs a program and tells what it has used, by the kernel's count.

use std::ffi::OsStr;
use std::process::Command;

/// What a finished child has used.
#[derive(Debug, Clone, Copy)]
#[allow(dead_code, reason = "each bench prints what it is about")]
pub(crate) struct Used {
    /// Seconds by the clock.
    pub(crate) clock_s: f64,
    /// Seconds of user and system.
    pub(crate) cpu_s: f64,
    /// Most memory it held.
    pub(crate) memory_mib: f64,
}

/// Runs the program. A script watches it, because only a parent without other children can ask for one child's
/// figures; what it takes to start the script does not count, nor what `python3` starts where it is a script itself.
pub(crate) fn run(program: impl AsRef<OsStr>, arguments: &[&str]) -> Used {
    let script = r"import resource, subprocess, sys, time
before = resource.getrusage(resource.RUSAGE_CHILDREN)
start = time.perf_counter()
code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)
clock = time.perf_counter() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
print(clock, cpu, used.ru_maxrss / 1024)
sys.exit(code)";
    let out = Command::new("python3")
        .args(["-c", script])
        .arg(program)
        .args(arguments)
        .output()
        .unwrap();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let text = String::from_utf8(out.stdout).unwrap();
    let mut numbers = text.split_whitespace().map(|n| n.parse().unwrap());
    let mut next = || numbers.next().unwrap();
    Used {
        clock_s: next(),
        cpu_s: next(),
        memory_mib: next(),
    }
}
