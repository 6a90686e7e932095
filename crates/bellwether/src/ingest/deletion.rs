//! What Meta's platforms pass on when somebody takes an app's right away and asks that what it gave goes: checked by the app's own
//! secret, then done.

use hmac::{Hmac, Mac};
use model::Platform;
use platforms::instagram_graph::parts_of_signed_request;
use sha2::Sha256;

use super::connections::disconnect;
use super::sync::{Connection, SyncError};
use super::{hex, record_hash};
use crate::data_directory::DataDirectory;

/// What was done, to be told by its code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Deleted {
    pub code: String,
    pub connections: usize,
}

/// Takes a signed request: every Instagram connection by whose secret it is signed ends, with all it brought.
///
/// # Errors
/// `Refused` where no connection's secret has signed it; nothing is done then.
pub async fn delete_as_asked(data: &DataDirectory, signed: &str) -> Result<Deleted, SyncError> {
    let refused = || {
        let hint = "set the secret of the app at the connection, and let the platform ask again";
        SyncError::refused("signed_request", "is not signed by the secret of an app that is connected", hint)
    };
    let (signature, bytes, asked) = parts_of_signed_request(signed).ok_or_else(refused)?;
    if !asked.algorithm.eq_ignore_ascii_case("HMAC-SHA256") {
        return Err(refused());
    }
    let mut done = Deleted { code: String::new(), connections: 0 };
    for row in data.store.connections().await? {
        let connection = Connection::of(row)?;
        if connection.platform != Platform::Instagram {
            continue;
        }
        let Some(secret) = connection.app_secret(data)? else { continue };
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length will do");
        mac.update(&bytes);
        if mac.verify_slice(&signature).is_ok() {
            disconnect(data, &connection, true).await?;
            done.connections += 1;
        }
    }
    if done.connections == 0 {
        return Err(refused());
    }
    // Whoever has the code learns nothing from it of whom it is about.
    done.code = hex(&record_hash(&data.erasure_key, "deletion", asked.user_id.as_bytes()));
    Ok(done)
}
