//! How many files may be open at once.

/// Raises the number of files this process may have open to what the system lets it have: a song may have more stems
/// than the usual 1024. Where that fails, too many stems are an error of the file that cannot be opened.
#[cfg(target_os = "linux")]
pub(super) fn allow_all() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let all = Rlimit {
        current: maximum,
        maximum,
    };
    // It stays as it is then.
    let _ = setrlimit(Resource::Nofile, all);
}

/// Elsewhere the number stays as it is.
#[cfg(not(target_os = "linux"))]
pub(super) fn allow_all() {}
