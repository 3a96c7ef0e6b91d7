//! Which lists of the built-in types are merged by key, as the OpenAPI document of Kubernetes v1.21.2 says: the one that
//! kustomize carries. Types of the same shape share an entry, and fields that lead to no such list are left out.

use super::schema::{Field, Items};

/// The fields of each shape, sorted by name.
pub(super) const SHAPES: &[&[Field]] = &[
    // 0: MutatingWebhookConfiguration, ValidatingWebhookConfiguration
    &[
        Field {
            name: "metadata",
            items: Items::None,
            shape: Some(29),
        },
        Field {
            name: "webhooks",
            items: Items::Merged(&["name"]),
            shape: None,
        },
    ],
    // 1: Binding, CSIDriver, CSIStorageCapacity, CertificateSigningRequest, ClusterRole, ClusterRoleBinding, ...
    &[Field {
        name: "metadata",
        items: Items::None,
        shape: Some(29),
    }],
    // 2: DaemonSet, Deployment, Job, ReplicaSet, ReplicationController
    &[
        Field {
            name: "metadata",
            items: Items::None,
            shape: Some(29),
        },
        Field {
            name: "spec",
            items: Items::None,
            shape: Some(3),
        },
        Field {
            name: "status",
            items: Items::None,
            shape: Some(4),
        },
    ],
    // 3: DaemonSetSpec, DeploymentSpec, JobSpec, ReplicaSetSpec, ReplicationControllerSpec
    &[Field {
        name: "template",
        items: Items::None,
        shape: Some(22),
    }],
    // 4: APIServiceStatus, DaemonSetStatus, DeploymentStatus, JobStatus, NamespaceStatus, PersistentVolumeClaimStatus, ...
    &[Field {
        name: "conditions",
        items: Items::Merged(&["type"]),
        shape: None,
    }],
    // 5: StatefulSet
    &[
        Field {
            name: "metadata",
            items: Items::None,
            shape: Some(29),
        },
        Field {
            name: "spec",
            items: Items::None,
            shape: Some(6),
        },
        Field {
            name: "status",
            items: Items::None,
            shape: Some(4),
        },
    ],
    // 6: StatefulSetSpec
    &[
        Field {
            name: "template",
            items: Items::None,
            shape: Some(22),
        },
        Field {
            name: "volumeClaimTemplates",
            items: Items::Plain,
            shape: Some(14),
        },
    ],
    // 7: CronJob
    &[
        Field {
            name: "metadata",
            items: Items::None,
            shape: Some(29),
        },
        Field {
            name: "spec",
            items: Items::None,
            shape: Some(8),
        },
    ],
    // 8: CronJobSpec
    &[Field {
        name: "jobTemplate",
        items: Items::None,
        shape: Some(9),
    }],
    // 9: JobTemplateSpec
    &[
        Field {
            name: "metadata",
            items: Items::None,
            shape: Some(29),
        },
        Field {
            name: "spec",
            items: Items::None,
            shape: Some(3),
        },
    ],
    // 10: ComponentStatus
    &[
        Field {
            name: "conditions",
            items: Items::Merged(&["type"]),
            shape: None,
        },
        Field {
            name: "metadata",
            items: Items::None,
            shape: Some(29),
        },
    ],
    // 11: Container
    &[
        Field {
            name: "env",
            items: Items::Merged(&["name"]),
            shape: None,
        },
        Field {
            name: "ports",
            items: Items::Merged(&["containerPort", "protocol"]),
            shape: None,
        },
        Field {
            name: "volumeDevices",
            items: Items::Merged(&["devicePath"]),
            shape: None,
        },
        Field {
            name: "volumeMounts",
            items: Items::Merged(&["mountPath"]),
            shape: None,
        },
    ],
    // 12: EphemeralContainer
    &[
        Field {
            name: "env",
            items: Items::Merged(&["name"]),
            shape: None,
        },
        Field {
            name: "volumeDevices",
            items: Items::Merged(&["devicePath"]),
            shape: None,
        },
        Field {
            name: "volumeMounts",
            items: Items::Merged(&["mountPath"]),
            shape: None,
        },
    ],
    // 13: EphemeralVolumeSource
    &[Field {
        name: "volumeClaimTemplate",
        items: Items::None,
        shape: Some(1),
    }],
    // 14: APIService, Namespace, PersistentVolumeClaim, PodDisruptionBudget
    &[
        Field {
            name: "metadata",
            items: Items::None,
            shape: Some(29),
        },
        Field {
            name: "status",
            items: Items::None,
            shape: Some(4),
        },
    ],
    // 15: Node
    &[
        Field {
            name: "metadata",
            items: Items::None,
            shape: Some(29),
        },
        Field {
            name: "spec",
            items: Items::None,
            shape: Some(16),
        },
        Field {
            name: "status",
            items: Items::None,
            shape: Some(17),
        },
    ],
    // 16: NodeSpec
    &[Field {
        name: "podCIDRs",
        items: Items::Merged(&[]),
        shape: None,
    }],
    // 17: NodeStatus
    &[
        Field {
            name: "addresses",
            items: Items::Merged(&["type"]),
            shape: None,
        },
        Field {
            name: "conditions",
            items: Items::Merged(&["type"]),
            shape: None,
        },
    ],
    // 18: Pod
    &[
        Field {
            name: "metadata",
            items: Items::None,
            shape: Some(29),
        },
        Field {
            name: "spec",
            items: Items::None,
            shape: Some(19),
        },
        Field {
            name: "status",
            items: Items::None,
            shape: Some(20),
        },
    ],
    // 19: PodSpec
    &[
        Field {
            name: "containers",
            items: Items::Merged(&["name"]),
            shape: Some(11),
        },
        Field {
            name: "ephemeralContainers",
            items: Items::Merged(&["name"]),
            shape: Some(12),
        },
        Field {
            name: "hostAliases",
            items: Items::Merged(&["ip"]),
            shape: None,
        },
        Field {
            name: "imagePullSecrets",
            items: Items::Merged(&["name"]),
            shape: None,
        },
        Field {
            name: "initContainers",
            items: Items::Merged(&["name"]),
            shape: Some(11),
        },
        Field {
            name: "topologySpreadConstraints",
            items: Items::Merged(&["topologyKey", "whenUnsatisfiable"]),
            shape: None,
        },
        Field {
            name: "volumes",
            items: Items::Merged(&["name"]),
            shape: Some(26),
        },
    ],
    // 20: PodStatus
    &[
        Field {
            name: "conditions",
            items: Items::Merged(&["type"]),
            shape: None,
        },
        Field {
            name: "podIPs",
            items: Items::Merged(&["ip"]),
            shape: None,
        },
    ],
    // 21: PodTemplate
    &[
        Field {
            name: "metadata",
            items: Items::None,
            shape: Some(29),
        },
        Field {
            name: "template",
            items: Items::None,
            shape: Some(22),
        },
    ],
    // 22: PodTemplateSpec
    &[
        Field {
            name: "metadata",
            items: Items::None,
            shape: Some(29),
        },
        Field {
            name: "spec",
            items: Items::None,
            shape: Some(19),
        },
    ],
    // 23: Service
    &[
        Field {
            name: "metadata",
            items: Items::None,
            shape: Some(29),
        },
        Field {
            name: "spec",
            items: Items::None,
            shape: Some(25),
        },
        Field {
            name: "status",
            items: Items::None,
            shape: Some(4),
        },
    ],
    // 24: ServiceAccount
    &[
        Field {
            name: "metadata",
            items: Items::None,
            shape: Some(29),
        },
        Field {
            name: "secrets",
            items: Items::Merged(&["name"]),
            shape: None,
        },
    ],
    // 25: ServiceSpec
    &[Field {
        name: "ports",
        items: Items::Merged(&["port", "protocol"]),
        shape: None,
    }],
    // 26: Volume
    &[Field {
        name: "ephemeral",
        items: Items::None,
        shape: Some(13),
    }],
    // 27: CSINode
    &[
        Field {
            name: "metadata",
            items: Items::None,
            shape: Some(29),
        },
        Field {
            name: "spec",
            items: Items::None,
            shape: Some(28),
        },
    ],
    // 28: CSINodeSpec
    &[Field {
        name: "drivers",
        items: Items::Merged(&["name"]),
        shape: None,
    }],
    // 29: ObjectMeta
    &[
        Field {
            name: "finalizers",
            items: Items::Merged(&[]),
            shape: None,
        },
        Field {
            name: "ownerReferences",
            items: Items::Merged(&["uid"]),
            shape: None,
        },
    ],
];

/// Kind, apiVersion and shape, sorted.
pub(super) const KINDS: &[(&str, &str, usize)] = &[
    ("APIService", "apiregistration.k8s.io/v1", 14),
    ("APIService", "apiregistration.k8s.io/v1beta1", 14),
    ("Binding", "v1", 1),
    ("CSIDriver", "storage.k8s.io/v1", 1),
    ("CSIDriver", "storage.k8s.io/v1beta1", 1),
    ("CSINode", "storage.k8s.io/v1", 27),
    ("CSINode", "storage.k8s.io/v1beta1", 27),
    ("CSIStorageCapacity", "storage.k8s.io/v1beta1", 1),
    ("CertificateSigningRequest", "certificates.k8s.io/v1", 1),
    ("CertificateSigningRequest", "certificates.k8s.io/v1beta1", 1),
    ("ClusterRole", "rbac.authorization.k8s.io/v1", 1),
    ("ClusterRole", "rbac.authorization.k8s.io/v1beta1", 1),
    ("ClusterRoleBinding", "rbac.authorization.k8s.io/v1", 1),
    ("ClusterRoleBinding", "rbac.authorization.k8s.io/v1beta1", 1),
    ("ComponentStatus", "v1", 10),
    ("ConfigMap", "v1", 1),
    ("ControllerRevision", "apps/v1", 1),
    ("CronJob", "batch/v1", 7),
    ("CronJob", "batch/v1beta1", 7),
    ("CustomResourceDefinition", "apiextensions.k8s.io/v1", 1),
    ("CustomResourceDefinition", "apiextensions.k8s.io/v1beta1", 1),
    ("DaemonSet", "apps/v1", 2),
    ("Deployment", "apps/v1", 2),
    ("EndpointSlice", "discovery.k8s.io/v1", 1),
    ("EndpointSlice", "discovery.k8s.io/v1beta1", 1),
    ("Endpoints", "v1", 1),
    ("Event", "events.k8s.io/v1", 1),
    ("Event", "events.k8s.io/v1beta1", 1),
    ("Event", "v1", 1),
    ("Eviction", "policy/v1beta1", 1),
    ("FlowSchema", "flowcontrol.apiserver.k8s.io/v1beta1", 1),
    ("HorizontalPodAutoscaler", "autoscaling/v1", 1),
    ("HorizontalPodAutoscaler", "autoscaling/v2beta1", 1),
    ("HorizontalPodAutoscaler", "autoscaling/v2beta2", 1),
    ("Ingress", "extensions/v1beta1", 1),
    ("Ingress", "networking.k8s.io/v1", 1),
    ("Ingress", "networking.k8s.io/v1beta1", 1),
    ("IngressClass", "networking.k8s.io/v1", 1),
    ("IngressClass", "networking.k8s.io/v1beta1", 1),
    ("Job", "batch/v1", 2),
    ("Lease", "coordination.k8s.io/v1", 1),
    ("Lease", "coordination.k8s.io/v1beta1", 1),
    ("LimitRange", "v1", 1),
    ("LocalSubjectAccessReview", "authorization.k8s.io/v1", 1),
    ("LocalSubjectAccessReview", "authorization.k8s.io/v1beta1", 1),
    (
        "MutatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1",
        0,
    ),
    (
        "MutatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1beta1",
        0,
    ),
    ("Namespace", "v1", 14),
    ("NetworkPolicy", "networking.k8s.io/v1", 1),
    ("Node", "v1", 15),
    ("PersistentVolume", "v1", 1),
    ("PersistentVolumeClaim", "v1", 14),
    ("Pod", "v1", 18),
    ("PodDisruptionBudget", "policy/v1", 14),
    ("PodDisruptionBudget", "policy/v1beta1", 14),
    ("PodSecurityPolicy", "policy/v1beta1", 1),
    ("PodTemplate", "v1", 21),
    ("PriorityClass", "scheduling.k8s.io/v1", 1),
    ("PriorityClass", "scheduling.k8s.io/v1beta1", 1),
    (
        "PriorityLevelConfiguration",
        "flowcontrol.apiserver.k8s.io/v1beta1",
        1,
    ),
    ("ReplicaSet", "apps/v1", 2),
    ("ReplicationController", "v1", 2),
    ("ResourceQuota", "v1", 1),
    ("Role", "rbac.authorization.k8s.io/v1", 1),
    ("Role", "rbac.authorization.k8s.io/v1beta1", 1),
    ("RoleBinding", "rbac.authorization.k8s.io/v1", 1),
    ("RoleBinding", "rbac.authorization.k8s.io/v1beta1", 1),
    ("RuntimeClass", "node.k8s.io/v1", 1),
    ("RuntimeClass", "node.k8s.io/v1beta1", 1),
    ("Scale", "autoscaling/v1", 1),
    ("Secret", "v1", 1),
    ("SelfSubjectAccessReview", "authorization.k8s.io/v1", 1),
    ("SelfSubjectAccessReview", "authorization.k8s.io/v1beta1", 1),
    ("SelfSubjectRulesReview", "authorization.k8s.io/v1", 1),
    ("SelfSubjectRulesReview", "authorization.k8s.io/v1beta1", 1),
    ("Service", "v1", 23),
    ("ServiceAccount", "v1", 24),
    ("StatefulSet", "apps/v1", 5),
    ("StorageClass", "storage.k8s.io/v1", 1),
    ("StorageClass", "storage.k8s.io/v1beta1", 1),
    ("SubjectAccessReview", "authorization.k8s.io/v1", 1),
    ("SubjectAccessReview", "authorization.k8s.io/v1beta1", 1),
    ("TokenRequest", "authentication.k8s.io/v1", 1),
    ("TokenReview", "authentication.k8s.io/v1", 1),
    ("TokenReview", "authentication.k8s.io/v1beta1", 1),
    (
        "ValidatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1",
        0,
    ),
    (
        "ValidatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1beta1",
        0,
    ),
    ("VolumeAttachment", "storage.k8s.io/v1", 1),
    ("VolumeAttachment", "storage.k8s.io/v1beta1", 1),
];

/// Names of definitions and their shapes, sorted: what the documents of others may refer to.
pub(super) const DEFINITIONS: &[(&str, usize)] = &[
    ("io.k8s.api.apps.v1.DaemonSetSpec", 3),
    ("io.k8s.api.apps.v1.DaemonSetStatus", 4),
    ("io.k8s.api.apps.v1.DeploymentSpec", 3),
    ("io.k8s.api.apps.v1.DeploymentStatus", 4),
    ("io.k8s.api.apps.v1.ReplicaSetSpec", 3),
    ("io.k8s.api.apps.v1.ReplicaSetStatus", 4),
    ("io.k8s.api.apps.v1.StatefulSetSpec", 6),
    ("io.k8s.api.apps.v1.StatefulSetStatus", 4),
    ("io.k8s.api.batch.v1.CronJobSpec", 8),
    ("io.k8s.api.batch.v1.JobSpec", 3),
    ("io.k8s.api.batch.v1.JobStatus", 4),
    ("io.k8s.api.batch.v1.JobTemplateSpec", 9),
    ("io.k8s.api.batch.v1beta1.CronJobSpec", 8),
    ("io.k8s.api.batch.v1beta1.JobTemplateSpec", 9),
    ("io.k8s.api.core.v1.Container", 11),
    ("io.k8s.api.core.v1.EphemeralContainer", 12),
    ("io.k8s.api.core.v1.EphemeralVolumeSource", 13),
    ("io.k8s.api.core.v1.NamespaceStatus", 4),
    ("io.k8s.api.core.v1.NodeSpec", 16),
    ("io.k8s.api.core.v1.NodeStatus", 17),
    ("io.k8s.api.core.v1.PersistentVolumeClaimStatus", 4),
    ("io.k8s.api.core.v1.PersistentVolumeClaimTemplate", 1),
    ("io.k8s.api.core.v1.PodSpec", 19),
    ("io.k8s.api.core.v1.PodStatus", 20),
    ("io.k8s.api.core.v1.PodTemplateSpec", 22),
    ("io.k8s.api.core.v1.ReplicationControllerSpec", 3),
    ("io.k8s.api.core.v1.ReplicationControllerStatus", 4),
    ("io.k8s.api.core.v1.ServiceSpec", 25),
    ("io.k8s.api.core.v1.ServiceStatus", 4),
    ("io.k8s.api.core.v1.Volume", 26),
    ("io.k8s.api.policy.v1.PodDisruptionBudgetStatus", 4),
    ("io.k8s.api.policy.v1beta1.PodDisruptionBudgetStatus", 4),
    ("io.k8s.api.storage.v1.CSINodeSpec", 28),
    ("io.k8s.api.storage.v1beta1.CSINodeSpec", 28),
    ("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", 29),
    (
        "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceStatus",
        4,
    ),
    (
        "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1beta1.APIServiceStatus",
        4,
    ),
];
