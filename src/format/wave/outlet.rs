//! Hands the bytes of a file to the system, and reads the samples again right behind.
//!
//! That is done at once, or on a thread of its own: then the one that makes the bytes goes on meanwhile, and waits
//! only when it is [`BUFFERS`] ahead. The system takes bytes in bursts; as long as it takes them at once, two or three
//! buffers go to and fro, which stay in the cache.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvError, SyncSender, TryRecvError, sync_channel};
use std::thread::JoinHandle;

use super::ahead::Ahead;
use super::behind::Behind;
use super::distance::Outgoing;
use super::reread::Reread;

/// Most buffers on their way to the thread or back, 16 MiB for a file that is written alone.
const BUFFERS: usize = 64;

/// Where bytes go.
#[derive(Debug)]
pub(super) struct Outlet {
    place: Place,
    /// Bytes handed on, which is where the next ones come to stand.
    at: u64,
}

#[derive(Debug)]
enum Place {
    Here(Scribe),
    There {
        jobs: SyncSender<Job>,
        empty: Receiver<Outgoing>,
        /// Buffers there are beside the sink's own.
        made: usize,
        thread: JoinHandle<io::Result<Scribe>>,
    },
    /// Something has failed.
    Nowhere,
}

/// What the thread is to do.
#[derive(Debug)]
enum Job {
    /// Write so many bytes of the buffer; how many bytes of samples there are then.
    Write(Outgoing, usize, Samples),
    /// Put four bytes at a place that has been written before.
    Patch(u64, [u8; 4]),
}

/// Bytes of samples that a file has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Samples(pub(super) u64);

/// Writes, and reads again.
#[derive(Debug)]
pub(super) struct Scribe {
    pub(super) file: Arc<File>,
    pub(super) ahead: Ahead,
    pub(super) again: Reread,
    pub(super) behind: Behind,
    /// Bytes that the file has.
    pub(super) bytes: u64,
}

impl Scribe {
    fn write(&mut self, bytes: &[u8], samples: Samples) -> io::Result<()> {
        self.bytes += bytes.len() as u64;
        self.ahead.reach(&self.file, self.bytes);
        self.file.write_all(bytes)?;
        self.again.follow(&self.file, samples.0)?;
        self.behind.follow(&self.file, self.again.at());
        Ok(())
    }

    fn patch(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(at))?;
        self.file.write_all(bytes)?;
        self.file.seek(SeekFrom::End(0)).map(drop)
    }

    /// Does what comes, and gives back the buffers, until nobody sends anything more.
    fn work(mut self, jobs: &Receiver<Job>, empty: &SyncSender<Outgoing>) -> io::Result<Self> {
        for job in jobs {
            match job {
                Job::Write(buffer, count, samples) => {
                    self.write(&buffer[..count], samples)?;
                    // There is room for all buffers; nobody waits for them after the end.
                    let _ = empty.send(buffer);
                }
                Job::Patch(at, bytes) => self.patch(at, &bytes)?,
            }
        }
        Ok(self)
    }
}

impl Outlet {
    /// Writes at once.
    pub(super) fn new(scribe: Scribe) -> Self {
        Self {
            place: Place::Here(scribe),
            at: 0,
        }
    }

    /// Writes on a thread of its own from here on.
    pub(super) fn move_to_thread(&mut self) -> io::Result<()> {
        let scribe = match std::mem::replace(&mut self.place, Place::Nowhere) {
            Place::Here(scribe) => scribe,
            place => {
                self.place = place;
                return Ok(());
            }
        };
        let (jobs, to_do) = sync_channel(BUFFERS);
        let (done, empty) = sync_channel(BUFFERS);
        let thread = std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || scribe.work(&to_do, &done))?;
        self.place = Place::There {
            jobs,
            empty,
            made: 0,
            thread,
        };
        Ok(())
    }

    /// Where the next bytes come to stand.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// Hands on the first `count` bytes of `buffer`; those behind them, up to `filled`, are moved to its front.
    pub(super) fn write(
        &mut self,
        buffer: &mut Outgoing,
        count: usize,
        filled: usize,
        samples: Samples,
    ) -> io::Result<()> {
        self.at += count as u64;
        match &mut self.place {
            Place::Here(scribe) => {
                scribe.write(&buffer[..count], samples)?;
                buffer.copy_within(count..filled, 0);
                Ok(())
            }
            Place::There {
                jobs, empty, made, ..
            } => {
                let next = match empty.try_recv() {
                    Err(TryRecvError::Empty) if *made < BUFFERS => {
                        *made += 1;
                        Ok(Outgoing::new(buffer.len()))
                    }
                    Err(TryRecvError::Empty) => empty.recv(),
                    next => next.map_err(|_| RecvError),
                };
                let Ok(mut next) = next else {
                    return Err(self.failure());
                };
                next[..filled - count].copy_from_slice(&buffer[count..filled]);
                let full = std::mem::replace(buffer, next);
                match jobs.send(Job::Write(full, count, samples)) {
                    Ok(()) => Ok(()),
                    Err(_) => Err(self.failure()),
                }
            }
            Place::Nowhere => Err(gone()),
        }
    }

    /// Puts `bytes` in place of those at `at`, which have been written before.
    pub(super) fn patch(&mut self, at: u64, bytes: [u8; 4]) -> io::Result<()> {
        match &mut self.place {
            Place::Here(scribe) => scribe.patch(at, &bytes),
            Place::There { jobs, .. } => match jobs.send(Job::Patch(at, bytes)) {
                Ok(()) => Ok(()),
                Err(_) => Err(self.failure()),
            },
            Place::Nowhere => Err(gone()),
        }
    }

    /// Waits until all is written; from here on writes at once.
    pub(super) fn settle(&mut self) -> io::Result<&mut Scribe> {
        if matches!(self.place, Place::There { .. }) {
            let scribe = self.join()?;
            self.place = Place::Here(scribe);
        }
        match &mut self.place {
            Place::Here(scribe) => Ok(scribe),
            Place::There { .. } | Place::Nowhere => Err(gone()),
        }
    }

    /// Why the thread has ended early.
    fn failure(&mut self) -> io::Error {
        self.join().err().unwrap_or_else(gone)
    }

    /// Ends the thread.
    fn join(&mut self) -> io::Result<Scribe> {
        match std::mem::replace(&mut self.place, Place::Nowhere) {
            Place::There { jobs, thread, .. } => {
                drop(jobs);
                thread.join().unwrap_or_else(|_| Err(gone()))
            }
            Place::Here(scribe) => Ok(scribe),
            Place::Nowhere => Err(gone()),
        }
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        // Nothing is written to a file that is about to be removed.
        let _ = self.join();
    }
}

fn gone() -> io::Error {
    io::Error::other("writing has failed before")
}
