//! `git upload-pack` behind ssh.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use flux_git::Ssh;
use russh::keys::key::safe_rng;
use russh::keys::ssh_key::LineEnding;
use russh::keys::{Algorithm, PrivateKey};
use russh::server::{Auth, ChannelOpenHandle, Config, Handler, Msg, Session, VerifiedPublicKey, run_stream};
use russh::{Channel, ChannelId, ChannelMsg, ChannelReadHalf, ChannelWriteHalf};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::process::Command;

/// What the server does when it is asked for a repository.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Manner {
    /// What git does.
    #[default]
    Git,
    /// The same, but it takes no environment: only the first version of the protocol is spoken.
    Old,
    /// Nothing.
    Hang,
    /// It says something else.
    Garbage,
    /// It refuses commands.
    Refuse,
    /// It sends complaints without end.
    Flood,
    /// It opens a channel of its own.
    Open,
}

/// Serves the repositories of this machine until dropped.
pub(crate) struct Shell {
    pub(crate) port: u16,
    host: PrivateKey,
    pub(crate) client: PrivateKey,
    task: tokio::task::JoinHandle<()>,
}

pub(crate) fn new_key() -> PrivateKey {
    PrivateKey::random(&mut safe_rng(), Algorithm::Ed25519).unwrap()
}

/// A private key as a file holds it.
pub(crate) fn text(key: &PrivateKey) -> Vec<u8> {
    key.to_openssh(LineEnding::LF).unwrap().as_bytes().to_vec()
}

impl Shell {
    pub(crate) async fn start(manner: Manner) -> Self {
        let (host, client) = (new_key(), new_key());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let config = Arc::new(Config {
            keys: vec![host.clone()],
            auth_rejection_time: Duration::ZERO,
            ..Config::default()
        });
        let allowed = client.public_key().to_openssh().unwrap();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let visitor = Visitor {
                    manner,
                    allowed: allowed.clone(),
                    opened: None,
                    protocol: None,
                };
                let config = config.clone();
                tokio::spawn(async move {
                    if let Ok(session) = run_stream(config, stream, visitor).await {
                        // However it ends, the test sees it on its side.
                        let _ = session.await;
                    }
                });
            }
        });
        Shell {
            port,
            host,
            client,
            task,
        }
    }

    /// The address of a repository.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("ssh://git@127.0.0.1:{}{path}", self.port)
    }

    /// A line for a list of known hosts.
    pub(crate) fn known(&self, key: &PrivateKey) -> String {
        let key = key.public_key().to_openssh().unwrap();
        format!("[127.0.0.1]:{} {key}\n", self.port)
    }

    /// The list that the server is in.
    pub(crate) fn known_hosts(&self) -> String {
        self.known(&self.host)
    }

    /// The key that the server takes.
    pub(crate) fn client_key(&self) -> Vec<u8> {
        text(&self.client)
    }

    /// What it takes to be let in.
    pub(crate) fn ssh(&self) -> Ssh {
        Ssh {
            keys: vec![self.client_key()],
            known_hosts: self.known_hosts().into_bytes(),
            anywhere: true,
            ..Ssh::default()
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Visitor {
    manner: Manner,
    allowed: String,
    opened: Option<Channel<Msg>>,
    protocol: Option<String>,
}

impl Handler for Visitor {
    type Error = russh::Error;

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, Self::Error> {
        let known = user == "git" && key.public_key.to_openssh().unwrap() == self.allowed;
        Ok(if known { Auth::Accept } else { Auth::reject() })
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        reply.accept().await;
        self.opened = Some(channel);
        Ok(())
    }

    async fn env_request(
        &mut self,
        _channel: ChannelId,
        name: &str,
        value: &str,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        if name == "GIT_PROTOCOL" && self.manner != Manner::Old {
            self.protocol = Some(value.to_owned());
        }
        Ok(())
    }

    async fn exec_request(
        &mut self,
        id: ChannelId,
        command: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let command = String::from_utf8(command.to_vec()).unwrap();
        if self.manner == Manner::Refuse {
            return session.channel_failure(id);
        }
        session.channel_success(id)?;
        let (read, write) = self.opened.take().unwrap().split();
        let (manner, protocol) = (self.manner, self.protocol.take());
        let handle = session.handle();
        tokio::spawn(async move {
            match manner {
                Manner::Open => {
                    // Only that it was asked for counts.
                    let _ = handle.channel_open_session().await;
                    std::future::pending::<()>().await;
                }
                Manner::Git | Manner::Old => serve(&command, protocol, read, write).await,
                Manner::Garbage => {
                    let _ = write.data_bytes(vec![b'x'; 100_000]).await;
                    let _ = write.close().await;
                }
                Manner::Flood => while write.extended_data_bytes(1, vec![b'x'; 30_000]).await.is_ok() {},
                // The channel must stay open.
                Manner::Hang | Manner::Refuse => std::future::pending::<()>().await,
            }
        });
        Ok(())
    }
}

async fn serve(
    command: &str,
    protocol: Option<String>,
    mut read: ChannelReadHalf,
    write: ChannelWriteHalf<Msg>,
) {
    let path = command.strip_prefix("git-upload-pack '").unwrap();
    let mut git = Command::new("git");
    git.args(["upload-pack", path.strip_suffix('\'').unwrap()])
        .env_clear();
    git.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    git.envs([("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null")]);
    git.envs(protocol.map(|protocol| ("GIT_PROTOCOL", protocol)));
    git.stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = git.kill_on_drop(true).spawn().unwrap();
    let (mut input, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let reading = tokio::spawn(async move {
        while let Some(message) = read.wait().await {
            let more = match message {
                ChannelMsg::Data { data } => input.write_all(&data).await.is_ok(),
                ChannelMsg::Eof | ChannelMsg::Close => false,
                _ => true,
            };
            if !more {
                break;
            }
        }
    });
    let mut buffer = vec![0; 16 << 10];
    while let Ok(count) = output.read(&mut buffer).await
        && count > 0
        && write.data_bytes(buffer[..count].to_vec()).await.is_ok()
    {}
    let ended = child.wait_with_output().await.unwrap();
    reading.abort();
    // The other side may be gone.
    let _ = write.extended_data_bytes(1, ended.stderr).await;
    let _ = write.exit_status(u32::from(!ended.status.success())).await;
    let _ = write.eof().await;
    let _ = write.close().await;
}
