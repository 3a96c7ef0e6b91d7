//! Under which name consumers find us.

use crate::error::AddressError;

/// The address that consumers use: `advertised` when it is set, else the address that the server listens on, with an empty
/// host replaced by `localhost` and `0.0.0.0` by `hostname`, as upstream does.
///
/// # Errors
/// `listen` is not `host:port`, or needs a host name and there is none.
pub fn advertised(listen: &str, advertised: &str, hostname: Option<&str>) -> Result<String, AddressError> {
    if !advertised.is_empty() {
        return Ok(advertised.into());
    }
    let (host, port) = listen
        .rsplit_once(':')
        .filter(|(host, _)| !host.contains(':') || (host.starts_with('[') && host.ends_with(']')))
        .ok_or_else(|| AddressError::Invalid {
            address: listen.into(),
        })?;
    match host {
        "" => Ok(format!("localhost:{port}")),
        "0.0.0.0" => {
            let host = hostname
                .filter(|name| !name.is_empty())
                .ok_or(AddressError::NoHostname)?;
            Ok(format!("{host}:{port}"))
        }
        _ => Ok(listen.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(listen: &str, set: &str, hostname: Option<&str>, expect: &str) {
        let found = advertised(listen, set, hostname).unwrap_or_else(|error| error.to_string());
        assert_eq!(found, expect);
    }

    #[test]
    fn the_host_is_one_that_others_can_use() {
        check(":9090", "", None, "localhost:9090");
        check("0.0.0.0:9090", "", Some("pod-1"), "pod-1:9090");
        check("127.0.0.1:9090", "", Some("pod-1"), "127.0.0.1:9090");
        check("[::1]:9090", "", None, "[::1]:9090");
        check(
            ":9090",
            "source-controller.flux-system.svc.cluster.local.",
            None,
            "source-controller.flux-system.svc.cluster.local.",
        );
    }

    #[test]
    fn refuses_what_is_no_address() {
        check(
            "9090",
            "",
            None,
            "invalid storage address \"9090\": expected host:port, such as :9090",
        );
        check(
            "::1:9090",
            "",
            None,
            "invalid storage address \"::1:9090\": expected host:port, such as :9090",
        );
        check(
            "0.0.0.0:9090",
            "",
            None,
            "the storage address is 0.0.0.0 and this host has no name: set --storage-adv-addr",
        );
    }
}
