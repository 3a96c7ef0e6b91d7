//! Keyrings: keys with their names and subkeys, as far as their signatures hold.

use aws_lc_rs::digest;

use crate::Error;
use crate::crypto::Public;
use crate::packet::{
    Cursor, PUBLIC_KEY, PUBLIC_SUBKEY, Packet, SECRET_KEY, SECRET_SUBKEY, SIGNATURE, USER_ID, packets,
};
use crate::secret::{Secret, Signer};
use crate::signature::{KEY_REVOCATION, NAME_REVOCATION, PRIMARY, SUBKEY, SUBKEY_REVOCATION, Signature};

/// The keys of a file.
#[derive(Clone, Debug, Default)]
pub struct Keyring {
    entities: Vec<Entity>,
}

/// Somebody: a key with names and subkeys.
#[derive(Clone, Debug)]
pub struct Entity {
    pub(crate) primary: Key,
    names: Vec<Name>,
    subkeys: Vec<Subkey>,
    is_revoked: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) public: Public,
    pub(crate) algorithm: u8,
    /// Body of the public packet.
    body: Vec<u8>,
    created: u32,
    pub(crate) fingerprint: [u8; 20],
    pub(crate) secret: Option<Secret>,
}

#[derive(Clone, Debug)]
struct Name {
    text: String,
    signature: Signature,
    is_revoked: bool,
}

#[derive(Clone, Debug)]
struct Subkey {
    key: Key,
    binding: Signature,
    is_revoked: bool,
}

impl Keyring {
    /// Reads the keys of a file. Keys that are not understood or whose signatures do not hold are passed over; the reason is told
    /// only when no key is left.
    ///
    /// # Errors
    /// Not a keyring, or no key in it that can be used.
    pub fn parse(data: &[u8]) -> Result<Self, Error> {
        let packets = packets(data)?;
        let mut keyring = Keyring::default();
        let mut refused = None;
        let mut rest = &packets[..];
        while !rest.is_empty() {
            let next = rest[1..]
                .iter()
                .position(|packet| matches!(packet.tag, PUBLIC_KEY | SECRET_KEY))
                .map_or(rest.len(), |at| at + 1);
            match Entity::read(&rest[..next]) {
                Ok(entity) => keyring.entities.push(entity),
                Err(error) => refused = Some(error),
            }
            rest = &rest[next..];
        }
        match refused {
            Some(error) if keyring.entities.is_empty() => Err(error),
            _ => Ok(keyring),
        }
    }

    /// The secret key of the name, or of the only one whose name contains it. `passphrase` is asked for when the key is locked.
    ///
    /// # Errors
    /// There is none or there are several, it is only public, or the passphrase does not fit.
    pub fn signer<E: From<Error>>(
        &self,
        name: &str,
        passphrase: impl FnOnce(&str) -> Result<Vec<u8>, E>,
    ) -> Result<Signer, E> {
        let has = |fits: &dyn Fn(&str) -> bool| -> Vec<&Entity> {
            let entities = self.entities.iter();
            entities.filter(|entity| entity.names().any(fits)).collect()
        };
        let exact = has(&|text| text == name);
        let alike = has(&|text| text.contains(name));
        let entity = match (&exact[..], &alike[..]) {
            ([first, ..], _) | ([], [first]) => *first,
            ([], []) => return Err(Error::NoKey.into()),
            _ => return Err(Error::Vague(name.to_owned()).into()),
        };
        let secret = entity.primary.secret.as_ref().ok_or(Error::NotSecret)?;
        let passphrase = if secret.is_locked() {
            passphrase(entity.names().next().unwrap_or("Unknown"))?
        } else {
            Vec::new()
        };
        Ok(Signer::new(&entity.primary, secret, &passphrase)?)
    }

    /// Who signed the message, in the first of the signatures that is of a key in the keyring.
    pub(crate) fn check(
        &self,
        signatures: &[Packet<'_>],
        message: &[u8],
        now: u64,
    ) -> Result<&Entity, Error> {
        for packet in signatures {
            if packet.tag != SIGNATURE {
                return Err(Error::Structural("non signature packet found"));
            }
            let signature = Signature::read(packet.body)?;
            let issuer = signature
                .issuer
                .ok_or(Error::Structural("signature doesn't have an issuer"))?;
            let mut outcome = None;
            for entity in &self.entities {
                for (key, own, subkey) in entity.signing(issuer) {
                    if !matches!(signature.kind, crate::signature::BINARY | crate::signature::TEXT) {
                        return Err(Error::Unsupported(format!("signature type: {}", signature.kind)));
                    }
                    match signature.check(&key.public, message.to_vec()) {
                        Ok(()) => return entity.vouches(key, own, subkey, &signature, now),
                        Err(error) => outcome = Some(error),
                    }
                }
            }
            if let Some(error) = outcome {
                return Err(error);
            }
        }
        Err(Error::UnknownIssuer)
    }
}

impl Entity {
    /// Names that the key itself signed.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| name.text.as_str())
    }

    /// Fingerprint of the primary key in capital hexadecimal digits.
    pub fn fingerprint(&self) -> String {
        let bytes = self.primary.fingerprint.iter();
        bytes.map(|byte| format!("{byte:02X}")).collect()
    }

    fn read(packets: &[Packet<'_>]) -> Result<Self, Error> {
        let Some((first, mut rest)) = packets.split_first() else {
            return Err(Error::Structural("first packet was not a public/private key"));
        };
        if !matches!(first.tag, PUBLIC_KEY | SECRET_KEY) {
            return Err(Error::Structural("first packet was not a public/private key"));
        }
        let primary = Key::read(first)?;
        if primary.public == Public::Other {
            return Err(Error::Unsupported(format!(
                "public key type: {}",
                primary.algorithm
            )));
        }
        let mut entity = Entity {
            primary,
            names: Vec::new(),
            subkeys: Vec::new(),
            is_revoked: false,
        };
        while let Some((packet, after)) = rest.split_first() {
            let signatures = after
                .iter()
                .position(|packet| packet.tag != SIGNATURE)
                .unwrap_or(after.len());
            let (signatures, after) = after.split_at(signatures);
            match packet.tag {
                SIGNATURE => entity.revoke(packet)?,
                USER_ID => entity.name(packet, signatures)?,
                PUBLIC_SUBKEY | SECRET_SUBKEY => entity.subkey(packet, signatures)?,
                _ => {}
            }
            rest = if packet.tag == SIGNATURE {
                &rest[1..]
            } else {
                after
            };
        }
        if entity.names.is_empty() {
            return Err(Error::Structural("v4 entity without any identities"));
        }
        Ok(entity)
    }

    fn revoke(&mut self, packet: &Packet<'_>) -> Result<(), Error> {
        let signature = Signature::read(packet.body)?;
        if signature.kind != KEY_REVOCATION {
            return Ok(());
        }
        signature
            .check(&self.primary.public, self.primary.hashed())
            .map_err(|_| Error::Structural("revocation signature signed by alternate key"))?;
        self.is_revoked = true;
        Ok(())
    }

    /// A name, if the key itself signed it.
    fn name(&mut self, packet: &Packet<'_>, signatures: &[Packet<'_>]) -> Result<(), Error> {
        let mut own: Option<Signature> = None;
        let mut is_revoked = false;
        for signature in signatures {
            // Signatures of others may be of any form.
            let Ok(signature) = Signature::read(signature.body) else {
                continue;
            };
            if signature.issuer != Some(self.primary.id()) {
                continue;
            }
            let mut message = self.primary.hashed();
            message.push(0xb4);
            let size = u32::try_from(packet.body.len()).unwrap_or(u32::MAX);
            message.extend_from_slice(&size.to_be_bytes());
            message.extend_from_slice(packet.body);
            signature
                .check(&self.primary.public, message)
                .map_err(|_| Error::Structural("user ID self-signature invalid"))?;
            match signature.kind {
                NAME_REVOCATION => is_revoked = true,
                0x10..=0x13 if own.as_ref().is_none_or(|own| own.created < signature.created) => {
                    own = Some(signature);
                }
                0x10..=0x13 => {}
                _ => return Err(Error::Structural("user ID signature with wrong type")),
            }
        }
        if let Some(signature) = own {
            self.names.push(Name {
                text: String::from_utf8_lossy(packet.body).into_owned(),
                signature,
                is_revoked,
            });
        }
        Ok(())
    }

    fn subkey(&mut self, packet: &Packet<'_>, signatures: &[Packet<'_>]) -> Result<(), Error> {
        let key = Key::read(packet)?;
        let mut message = self.primary.hashed();
        message.extend_from_slice(&key.hashed());
        let mut binding: Option<Signature> = None;
        let mut is_revoked = false;
        for signature in signatures {
            let signature = Signature::read(signature.body)?;
            signature
                .check(&self.primary.public, message.clone())
                .map_err(|_| Error::Structural("subkey signature invalid"))?;
            match signature.kind {
                SUBKEY_REVOCATION => is_revoked = true,
                SUBKEY => {
                    if signature.may_sign() {
                        let cross = signature.embedded.as_ref().filter(|cross| cross.kind == PRIMARY);
                        let cross =
                            cross.ok_or(Error::Structural("signing subkey is missing cross-signature"))?;
                        cross
                            .check(&key.public, message.clone())
                            .map_err(|_| Error::Structural("error while verifying cross-signature"))?;
                    }
                    if binding
                        .as_ref()
                        .is_none_or(|known| known.created < signature.created)
                    {
                        binding = Some(signature);
                    }
                }
                _ => return Err(Error::Structural("subkey signature with wrong type")),
            }
        }
        let binding = binding.ok_or(Error::Structural("subkey packet not followed by signature"))?;
        self.subkeys.push(Subkey {
            key,
            binding,
            is_revoked,
        });
        Ok(())
    }

    /// The name that speaks for the key.
    fn main(&self) -> Option<&Name> {
        self.names.iter().max_by_key(|name| {
            (
                !name.is_revoked,
                name.signature.is_primary,
                name.signature.created,
            )
        })
    }

    /// Keys of this id that may sign files, each with what gives it the right.
    fn signing(&self, id: [u8; 8]) -> Vec<(&Key, &Signature, Option<&Subkey>)> {
        let mut keys = Vec::new();
        if let Some(name) = self.main() {
            keys.push((&self.primary, &name.signature, None));
        }
        let subkeys = self.subkeys.iter();
        keys.extend(subkeys.map(|subkey| (&subkey.key, &subkey.binding, Some(subkey))));
        keys.retain(|(key, own, _)| key.id() == id && own.may_sign());
        keys
    }

    /// Whether the key that signed was in force.
    fn vouches(
        &self,
        key: &Key,
        own: &Signature,
        subkey: Option<&Subkey>,
        signature: &Signature,
        now: u64,
    ) -> Result<&Self, Error> {
        let main = self.main().ok_or(Error::UnknownIssuer)?;
        if self.is_revoked || main.is_revoked || subkey.is_some_and(|subkey| subkey.is_revoked) {
            return Err(Error::Revoked);
        }
        if self.primary.is_expired(&main.signature, now) || key.is_expired(own, now) {
            return Err(Error::KeyExpired);
        }
        let cross = subkey.and_then(|subkey| subkey.binding.embedded.as_deref());
        let all = [Some(signature), Some(&main.signature), Some(own), cross];
        if all
            .into_iter()
            .flatten()
            .any(|signature| signature.is_expired(now))
        {
            return Err(Error::SignatureExpired);
        }
        Ok(self)
    }
}

impl Key {
    fn read(packet: &Packet<'_>) -> Result<Self, Error> {
        let mut cursor = Cursor(packet.body);
        let version = cursor.u8()?;
        if version != 4 {
            return Err(Error::Unsupported("public key version".to_owned()));
        }
        let created = cursor.u32()?;
        let algorithm = cursor.u8()?;
        let public = Public::read(algorithm, &mut cursor)?;
        let is_secret = matches!(packet.tag, SECRET_KEY | SECRET_SUBKEY);
        if is_secret && public == Public::Other {
            // Where the public half ends is not known.
            return Err(Error::Unsupported(format!("public key type: {algorithm}")));
        }
        let size = packet.body.len() - if is_secret { cursor.0.len() } else { 0 };
        let body = packet.body[..size].to_vec();
        let mut key = Key {
            public,
            algorithm,
            body,
            created,
            fingerprint: [0; 20],
            secret: is_secret.then(|| Secret(cursor.0.to_vec())),
        };
        let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &key.hashed());
        key.fingerprint.copy_from_slice(digest.as_ref());
        Ok(key)
    }

    /// The key as fingerprints and signatures take it.
    fn hashed(&self) -> Vec<u8> {
        let mut bytes = vec![0x99];
        let size = u16::try_from(self.body.len()).unwrap_or(u16::MAX);
        bytes.extend_from_slice(&size.to_be_bytes());
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// The last eight bytes of the fingerprint.
    pub(crate) fn id(&self) -> [u8; 8] {
        let mut id = [0; 8];
        id.copy_from_slice(&self.fingerprint[12..]);
        id
    }

    fn is_expired(&self, own: &Signature, now: u64) -> bool {
        let created = u64::from(self.created);
        created > now || own.key_lifetime != 0 && created + u64::from(own.key_lifetime) < now
    }
}
