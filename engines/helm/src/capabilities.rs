//! What templates are told about the cluster and about Helm.

use crate::log::quote;

/// A version of Kubernetes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubeVersion {
    /// As it was given, with a `v` in front.
    pub version: String,
    /// Numbers only, for ranges.
    pub normalized: String,
    /// First number.
    pub major: String,
    /// Second number.
    pub minor: String,
}

/// A text that is no version of Kubernetes; in the words of Kubernetes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidKubeVersion(String);

impl KubeVersion {
    /// Reads a version such as `1.33.4-gke.1245000`.
    ///
    /// # Errors
    /// No numbers, or fewer than two.
    pub fn parse(text: &str) -> Result<Self, InvalidKubeVersion> {
        let fail = |message: String| Err(InvalidKubeVersion(message));
        let rest = text.trim_start_matches(['\t', '\n', '\x0c', '\r', ' ']);
        let rest = rest.strip_prefix('v').unwrap_or(rest);
        let mut components: Vec<&str> = Vec::new();
        let mut at = rest;
        loop {
            let digits = at.bytes().take_while(u8::is_ascii_digit).count();
            if digits == 0 {
                break;
            }
            components.push(&at[..digits]);
            match at[digits..].strip_prefix('.') {
                Some(next) => at = next,
                None => break,
            }
        }
        if components.is_empty() {
            return fail(format!("could not parse {} as version", quote(text)));
        }
        if components.len() < 2 {
            return fail(format!("illegal version string {}", quote(text)));
        }
        if components[0].starts_with('0') && components[0] != "0" {
            let (component, text) = (quote(components[0]), quote(text));
            return fail(format!(
                "illegal zero-prefixed version component {component} in {text}"
            ));
        }
        let mut numbers = Vec::with_capacity(components.len());
        for component in components {
            match component.parse::<u64>() {
                Ok(number) => numbers.push(number.to_string()),
                Err(_) => {
                    let cause = format!(
                        "strconv.ParseUint: parsing {}: value out of range",
                        quote(component)
                    );
                    let (component, text) = (quote(component), quote(text));
                    return fail(format!(
                        "illegal non-numeric version component {component} in {text}: {cause}"
                    ));
                }
            }
        }
        let version = if text.starts_with('v') {
            text.to_owned()
        } else {
            format!("v{text}")
        };
        Ok(KubeVersion {
            version,
            normalized: format!("v{}", numbers.join(".")),
            major: numbers[0].clone(),
            minor: numbers[1].clone(),
        })
    }
}

/// What templates know as `.Capabilities`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Version of Kubernetes.
    pub kube_version: KubeVersion,
    /// Groups with version, and with kind where a cluster was asked: `apps/v1`, `apps/v1/Deployment`.
    pub api_versions: Vec<String>,
}

impl Default for Capabilities {
    /// What Helm 4.3.1 assumes without a cluster.
    fn default() -> Self {
        let version = || "v1.37.0".to_owned();
        Capabilities {
            kube_version: KubeVersion {
                version: version(),
                normalized: version(),
                major: "1".to_owned(),
                minor: "37".to_owned(),
            },
            api_versions: API_VERSIONS.lines().map(str::to_owned).collect(),
        }
    }
}

/// Helm's build, as `.Capabilities.HelmVersion` tells it: version, commit, state of the tree, Go's version and that of the
/// Kubernetes client. Charts look at the version.
pub(crate) const HELM_BUILD: [&str; 5] = [
    "v4.3.1",
    "c0d08d0d6d9424d4a14febb5e8a3e51b0dd00dff",
    "clean",
    "go1.27.2",
    "v1.37",
];

/// The groups built into the Kubernetes client of Helm 4.3.1, in its order.
const API_VERSIONS: &str = "v1
admissionregistration.k8s.io/v1
admissionregistration.k8s.io/v1alpha1
admissionregistration.k8s.io/v1beta1
internal.apiserver.k8s.io/v1alpha1
apps/v1
apps/v1beta1
apps/v1beta2
authentication.k8s.io/v1
authentication.k8s.io/v1alpha1
authentication.k8s.io/v1beta1
authorization.k8s.io/v1
authorization.k8s.io/v1beta1
autoscaling/v1
autoscaling/v2
batch/v1
batch/v1beta1
certificates.k8s.io/v1
certificates.k8s.io/v1beta1
certificates.k8s.io/v1alpha1
coordination.k8s.io/v1alpha2
coordination.k8s.io/v1beta1
coordination.k8s.io/v1
discovery.k8s.io/v1
discovery.k8s.io/v1beta1
events.k8s.io/v1
events.k8s.io/v1beta1
extensions/v1beta1
flowcontrol.apiserver.k8s.io/v1
flowcontrol.apiserver.k8s.io/v1beta1
flowcontrol.apiserver.k8s.io/v1beta2
flowcontrol.apiserver.k8s.io/v1beta3
lifecycle.k8s.io/v1alpha1
networking.k8s.io/v1
networking.k8s.io/v1beta1
node.k8s.io/v1
node.k8s.io/v1alpha1
node.k8s.io/v1beta1
policy/v1
policy/v1beta1
rbac.authorization.k8s.io/v1
rbac.authorization.k8s.io/v1beta1
rbac.authorization.k8s.io/v1alpha1
resource.k8s.io/v1
resource.k8s.io/v1beta2
resource.k8s.io/v1beta1
resource.k8s.io/v1alpha3
scheduling.k8s.io/v1alpha3
scheduling.k8s.io/v1beta1
scheduling.k8s.io/v1
storage.k8s.io/v1beta1
storage.k8s.io/v1
storage.k8s.io/v1alpha1
storagemigration.k8s.io/v1
storagemigration.k8s.io/v1beta1
apiextensions.k8s.io/v1beta1
apiextensions.k8s.io/v1";

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: Result<(&str, &str), &str>) {
        let parsed = KubeVersion::parse(text);
        let found = parsed
            .as_ref()
            .map(|version| (&*version.version, &*version.normalized));
        let message = parsed.as_ref().map_err(ToString::to_string);
        match (found, expect) {
            (Ok(found), Ok(expect)) => assert_eq!(found, expect),
            (Err(_), Err(expect)) => assert_eq!(message.unwrap_err(), expect),
            _ => panic!("{text}: {parsed:?}"),
        }
    }

    #[test]
    fn versions() {
        check("1.33.0", Ok(("v1.33.0", "v1.33.0")));
        check("v1.33.4-gke.1245000", Ok(("v1.33.4-gke.1245000", "v1.33.4")));
        check("1.33", Ok(("v1.33", "v1.33")));
        check("1.33.", Ok(("v1.33.", "v1.33")));
        check("1", Err("illegal version string \"1\""));
        check("x", Err("could not parse \"x\" as version"));
        check(
            "01.2",
            Err("illegal zero-prefixed version component \"01\" in \"01.2\""),
        );
    }
}
