//! Reading and writing on a command that runs on the server.

use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex};

use bytes::{Buf, Bytes};
use flux_http::redact;
use russh::ChannelMsg;
use russh::client::Msg;

use crate::channel::{Channel, lock};
use crate::error::GitError;

/// Requests are lists of hashes; one larger than this is not ours.
const LARGEST_REQUEST: usize = 64 << 20;
/// What is kept of a server's complaints.
const LARGEST_COMPLAINT: usize = 4 << 10;

/// Both ends of a command.
pub(super) fn pipe(shared: &Arc<Channel>, channel: russh::Channel<Msg>) -> (Reader, Writer) {
    let flow = Arc::new(Mutex::new(Flow {
        shared: shared.clone(),
        channel,
        pending: Vec::new(),
        chunk: Bytes::new(),
        complaint: Vec::new(),
        status: None,
        answered: false,
        ended: false,
    }));
    (Reader(flow.clone()), Writer(flow))
}

struct Flow {
    shared: Arc<Channel>,
    channel: russh::Channel<Msg>,
    /// Written, but not sent: it goes out when an answer is wanted.
    pending: Vec<u8>,
    chunk: Bytes,
    complaint: Vec<u8>,
    status: Option<u32>,
    answered: bool,
    ended: bool,
}

impl Flow {
    fn network(&self, error: &russh::Error) -> GitError {
        GitError::Network {
            url: redact(&self.shared.url),
            cause: format!("ssh: {error}"),
        }
    }

    fn send(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let bytes = Bytes::from(std::mem::take(&mut self.pending));
        let sent = async {
            let sent = self.channel.data_bytes(bytes).await;
            sent.map_err(|error| self.network(&error))
        };
        self.shared.run(sent)
    }

    fn fill(&mut self) -> io::Result<()> {
        self.send()?;
        while self.chunk.is_empty() && !self.ended {
            let message = self.shared.run(async { Ok(self.channel.wait().await) })?;
            match message {
                Some(ChannelMsg::Data { data }) => {
                    self.shared.count(data.len())?;
                    self.answered |= !data.is_empty();
                    self.chunk = data;
                }
                Some(ChannelMsg::ExtendedData { data, .. }) => {
                    self.shared.count(data.len())?;
                    let room = LARGEST_COMPLAINT.saturating_sub(self.complaint.len());
                    self.complaint.extend(data.iter().take(room));
                }
                Some(ChannelMsg::Failure) => return Err(self.refused("it does not run git-upload-pack")),
                Some(ChannelMsg::ExitStatus { exit_status }) => self.status = Some(exit_status),
                // What was wrong comes after the end.
                Some(ChannelMsg::Eof) => self.ended = self.answered,
                Some(ChannelMsg::Close) | None => self.ended = true,
                Some(_) => {}
            }
        }
        let failed = self.status.is_some_and(|status| status != 0);
        if self.ended && self.chunk.is_empty() && (failed || !self.answered) {
            return Err(self.refused("it ended the exchange"));
        }
        Ok(())
    }

    fn refused(&self, otherwise: &str) -> io::Error {
        let url = redact(&self.shared.url);
        let complaint = String::from_utf8_lossy(&self.complaint);
        let complaint = complaint.split_whitespace().collect::<Vec<_>>().join(" ");
        let missing = ["not found", "not appear to be a git repository", "does not exist"];
        let lower = complaint.to_ascii_lowercase();
        self.shared
            .fail(if missing.iter().any(|text| lower.contains(text)) {
                GitError::RepositoryNotFound { url }
            } else {
                let said = if complaint.is_empty() {
                    otherwise
                } else {
                    &complaint
                };
                GitError::Network {
                    url,
                    cause: format!("the server says: {said}"),
                }
            })
    }
}

impl Drop for Flow {
    fn drop(&mut self) {
        // Whether the server hears it does not matter.
        let _ = self.shared.run(async {
            let _ = self.channel.close().await;
            Ok(())
        });
    }
}

/// What the command says.
pub(super) struct Reader(Arc<Mutex<Flow>>);

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut flow = lock(&self.0);
        if flow.chunk.is_empty() && !buffer.is_empty() {
            flow.fill()?;
        }
        let count = flow.chunk.len().min(buffer.len());
        flow.chunk.copy_to_slice(&mut buffer[..count]);
        Ok(count)
    }
}

/// What the command is told.
pub(super) struct Writer(Arc<Mutex<Flow>>);

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut flow = lock(&self.0);
        if flow.pending.len() + bytes.len() > LARGEST_REQUEST {
            return Err(io::Error::other("request to the Git server is too large"));
        }
        flow.pending.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
