//! What a server may ask of us: nothing, once its key is known.

use std::sync::{Arc, Mutex};

use russh::client::{ChannelOpenHandle, Handler, Msg, Session};
use russh::keys::PublicKeyOrCertificate;
use russh::{Channel, Error};

use super::known_hosts::Known;
use crate::channel::lock;

/// Looks at the server's key. A server that opens a channel towards us ends the connection: nobody asked for one, and each
/// would be kept.
pub(super) struct Watch {
    known: Known,
    refusal: Arc<Mutex<Option<String>>>,
}

impl Watch {
    /// Leaves in `refusal` why the server is not spoken to.
    pub(super) fn new(known: Known, refusal: Arc<Mutex<Option<String>>>) -> Self {
        Watch { known, refusal }
    }
}

impl Handler for Watch {
    type Error = Error;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, Error> {
        let refusal = match key {
            PublicKeyOrCertificate::PublicKey { key, .. } => self.known.refusal(key),
            PublicKeyOrCertificate::Certificate(_) => Some("host certificates are not supported yet".into()),
        };
        let trusted = refusal.is_none();
        *lock(&self.refusal) = refusal;
        Ok(trusted)
    }

    async fn server_channel_open_forwarded_tcpip(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        _: &str,
        _: u32,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Error> {
        Err(Error::WrongChannel)
    }

    async fn server_channel_open_forwarded_streamlocal(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Error> {
        Err(Error::WrongChannel)
    }

    async fn server_channel_open_agent_forward(
        &mut self,
        _: Channel<Msg>,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Error> {
        Err(Error::WrongChannel)
    }

    async fn server_channel_open_session(
        &mut self,
        _: Channel<Msg>,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Error> {
        Err(Error::WrongChannel)
    }

    async fn server_channel_open_direct_tcpip(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        _: &str,
        _: u32,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Error> {
        Err(Error::WrongChannel)
    }

    async fn server_channel_open_direct_streamlocal(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Error> {
        Err(Error::WrongChannel)
    }

    async fn server_channel_open_x11(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Error> {
        Err(Error::WrongChannel)
    }
}
