//! Random objects: few names, so that they refer to each other, and values that are easy to get wrong.

use super::random::Random;

pub(super) const NAMES: [&str; 5] = ["web", "api", "db", "cfg", "default"];
const NAMESPACES: [&str; 3] = ["team-a", "default", "team-b"];
const IMAGES: [&str; 6] = [
    "nginx",
    "nginx:1.25",
    "registry.example.com:5000/team/app:v1",
    "app@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "\"app:latest\"",
    "$(IMAGE)",
];
const SCALARS: [&str; 22] = [
    "plain",
    "\"yes\"",
    "'no'",
    "\"0123\"",
    "\"1e3\"",
    "\"null\"",
    "\"\"",
    "'it''s'",
    "\"a: b\"",
    "\"#x\"",
    "\" padded \"",
    "\"tab\\tand\\nline\"",
    "|\n    two\n    lines",
    "|-\n    no end",
    ">\n    folded\n    text",
    "\"2024-01-01\"",
    "\"0x1F\"",
    "\"~\"",
    "$(NAME)-x",
    "\"ünïcode ☃\"",
    "\"{not: json}\"",
    "'{\"a\": {\"b\": 1}}'",
];

/// The kinds, each with how it is written.
const KINDS: [fn(&mut Random, &str) -> String; 22] = [
    deployment,
    stateful_set,
    daemon_set,
    job,
    cron_job,
    pod,
    service,
    config_map,
    secret,
    service_account,
    role,
    role_binding,
    cluster_role,
    cluster_role_binding,
    ingress,
    autoscaler,
    claim,
    network_policy,
    namespace,
    custom,
    webhook,
    budget,
];

/// One object as YAML.
pub(super) fn object(random: &mut Random) -> String {
    let kind = KINDS[random.below(KINDS.len())];
    let name = random.one(&NAMES);
    kind(random, name)
}

/// A scalar as the value of a key that stands two levels deep.
fn scalar(random: &mut Random) -> &'static str {
    random.one(&SCALARS)
}

fn head(random: &mut Random, api: &str, kind: &str, name: &str) -> String {
    let mut text = format!("apiVersion: {api}\nkind: {kind}\nmetadata:\n  name: {name}\n");
    if random.chance(25) {
        text.push_str(&format!("  namespace: {}\n", random.one(&NAMESPACES)));
    }
    if random.chance(40) {
        text.push_str(&format!("  labels:\n    app: {name}\n"));
        if random.chance(30) {
            text.push_str("    tier: \"1\" # a comment\n");
        }
    }
    if random.chance(25) {
        // A block scalar goes two columns further in.
        let note = scalar(random).replace("\n    ", "\n      ");
        text.push_str(&format!("  annotations:\n    note: {note}\n"));
        if random.chance(20) {
            text.push_str("    config.kubernetes.io/local-config: \"false\"\n");
        }
    }
    text
}

/// The template of a pod, indented by `indent`.
fn template(random: &mut Random, name: &str, indent: usize) -> String {
    let mut text = format!("metadata:\n  labels:\n    app: {name}\nspec:\n");
    if random.chance(30) {
        text.push_str(&format!("  serviceAccountName: {}\n", random.one(&NAMES)));
    }
    if random.chance(15) {
        text.push_str(&format!(
            "  imagePullSecrets:\n  - name: {}\n",
            random.one(&NAMES)
        ));
    }
    if random.chance(15) {
        text.push_str("  affinity:\n    podAntiAffinity:\n      requiredDuringSchedulingIgnoredDuringExecution:\n      - labelSelector:\n          matchLabels:\n            app: web\n        topologyKey: zone\n");
    }
    if random.chance(20) {
        text.push_str(&format!(
            "  initContainers:\n  - name: init\n    image: {}\n",
            random.one(&IMAGES)
        ));
    }
    text.push_str("  containers:\n");
    for container in &["main", "side"][..1 + random.below(2)] {
        text.push_str(&format!(
            "  - name: {container}\n    image: {}\n",
            random.one(&IMAGES)
        ));
        if random.chance(40) {
            text.push_str("    ports:\n    - containerPort: 80\n      name: http\n    - containerPort: 80\n      protocol: UDP\n");
        }
        if random.chance(50) {
            text.push_str(&format!(
                "    env:\n    - name: A\n      value: {}\n    - name: B\n      valueFrom:\n        configMapKeyRef:\n          name: {}\n          key: k\n",
                random.one(&["x", "\"1\"", "$(NAME)", "\"true\"", "$(OTHER)"]),
                random.one(&NAMES)
            ));
        }
        if random.chance(30) {
            text.push_str(&format!(
                "    envFrom:\n    - secretRef:\n        name: {}\n",
                random.one(&NAMES)
            ));
        }
        if random.chance(20) {
            text.push_str("    command: [sh, -c, \"echo $(NAME)\"]\n    resources:\n      limits: {cpu: 1, memory: 1Gi}\n");
        }
    }
    if random.chance(40) {
        let (map, secret, claim) = (random.one(&NAMES), random.one(&NAMES), random.one(&NAMES));
        text.push_str(&format!(
            "  volumes:\n  - name: c\n    configMap:\n      name: {map}\n  - name: s\n    secret:\n      secretName: {secret}\n  - name: p\n    persistentVolumeClaim:\n      claimName: {claim}\n  - name: j\n    projected:\n      sources:\n      - configMap:\n          name: {map}\n"
        ));
    }
    indented(&text, indent)
}

fn indented(text: &str, by: usize) -> String {
    let pad = " ".repeat(by);
    text.lines().map(|line| format!("{pad}{line}\n")).collect()
}

fn workload(random: &mut Random, kind: &str, name: &str, more: &str) -> String {
    let mut text = head(random, "apps/v1", kind, name);
    text.push_str(&format!(
        "spec:\n{more}  selector:\n    matchLabels:\n      app: {name}\n  template:\n"
    ));
    text + &template(random, name, 4)
}

fn deployment(random: &mut Random, name: &str) -> String {
    let more = random.one(&["", "  replicas: 1\n", "  replicas: 3 # three\n"]);
    workload(random, "Deployment", name, more)
}

fn stateful_set(random: &mut Random, name: &str) -> String {
    let more = format!(
        "  serviceName: {}\n  volumeClaimTemplates:\n  - metadata:\n      name: data\n    spec:\n      storageClassName: fast\n",
        random.one(&NAMES)
    );
    workload(random, "StatefulSet", name, &more)
}

fn daemon_set(random: &mut Random, name: &str) -> String {
    workload(random, "DaemonSet", name, "")
}

fn job(random: &mut Random, name: &str) -> String {
    head(random, "batch/v1", "Job", name) + "spec:\n  template:\n" + &template(random, name, 4)
}

fn cron_job(random: &mut Random, name: &str) -> String {
    head(random, "batch/v1", "CronJob", name)
        + "spec:\n  schedule: \"*/5 * * * *\"\n  jobTemplate:\n    spec:\n      template:\n"
        + &template(random, name, 8)
}

fn pod(random: &mut Random, name: &str) -> String {
    let whole = template(random, name, 0);
    let spec = whole.find("spec:").map_or("", |at| &whole[at..]);
    head(random, "v1", "Pod", name) + spec
}

fn service(random: &mut Random, name: &str) -> String {
    let mut text = head(random, "v1", "Service", name);
    text.push_str("spec:\n  ports:\n  - port: 80\n    targetPort: http\n");
    if random.chance(40) {
        text.push_str("  - port: 80\n    protocol: UDP\n    name: dns\n");
    }
    if random.chance(80) {
        text.push_str(&format!("  selector:\n    app: {name}\n"));
    }
    text
}

fn config_map(random: &mut Random, name: &str) -> String {
    let mut text = head(random, "v1", "ConfigMap", name) + "data:\n";
    for key in &["k", "key.yaml", "json"][..1 + random.below(3)] {
        let value = scalar(random);
        text.push_str(&format!("  {key}: {value}\n"));
    }
    if random.chance(25) {
        text.push_str(
            "  nested: |\n    a:\n      b: one # note\n      list:\n      - name: x\n        value: 1\n",
        );
    }
    text
}

fn secret(random: &mut Random, name: &str) -> String {
    let field = random.one(&["data:\n  k: dmFsdWU=\n", "stringData:\n  k: value\n"]);
    head(random, "v1", "Secret", name) + random.one(&["", "type: Opaque\n"]) + field
}

fn service_account(random: &mut Random, name: &str) -> String {
    let mut text = head(random, "v1", "ServiceAccount", name);
    if random.chance(30) {
        text.push_str(&format!("imagePullSecrets:\n- name: {}\n", random.one(&NAMES)));
    }
    text
}

fn rules(random: &mut Random) -> String {
    format!(
        "rules:\n- apiGroups: [\"\"]\n  resources: [secrets, configmaps]\n  resourceNames: [{}, other]\n  verbs: [get]\n",
        random.one(&NAMES)
    )
}

fn role(random: &mut Random, name: &str) -> String {
    head(random, "rbac.authorization.k8s.io/v1", "Role", name) + &rules(random)
}

fn cluster_role(random: &mut Random, name: &str) -> String {
    head(random, "rbac.authorization.k8s.io/v1", "ClusterRole", name) + &rules(random)
}

fn binding(random: &mut Random, kind: &str, name: &str) -> String {
    let mut text = head(random, "rbac.authorization.k8s.io/v1", kind, name);
    let (role, referred) = (random.one(&["Role", "ClusterRole"]), random.one(&NAMES));
    text.push_str(&format!(
        "roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: {role}\n  name: {referred}\nsubjects:\n"
    ));
    for _ in 0..=random.below(2) {
        text.push_str(&format!(
            "- kind: ServiceAccount\n  name: {}\n",
            random.one(&NAMES)
        ));
        if random.chance(60) {
            text.push_str(&format!("  namespace: {}\n", random.one(&NAMESPACES)));
        }
    }
    text
}

fn role_binding(random: &mut Random, name: &str) -> String {
    binding(random, "RoleBinding", name)
}

fn cluster_role_binding(random: &mut Random, name: &str) -> String {
    binding(random, "ClusterRoleBinding", name)
}

fn ingress(random: &mut Random, name: &str) -> String {
    let (service, secret) = (random.one(&NAMES), random.one(&NAMES));
    head(random, "networking.k8s.io/v1", "Ingress", name)
        + &format!(
            "spec:\n  tls:\n  - hosts: [$(NAME).example.com]\n    secretName: {secret}\n  rules:\n  - host: a.example.com\n    http:\n      paths:\n      - path: /\n        pathType: Prefix\n        backend:\n          service:\n            name: {service}\n            port:\n              number: 80\n"
        )
}

fn autoscaler(random: &mut Random, name: &str) -> String {
    let kind = random.one(&["Deployment", "StatefulSet"]);
    let target = random.one(&NAMES);
    head(random, "autoscaling/v2", "HorizontalPodAutoscaler", name)
        + &format!(
            "spec:\n  maxReplicas: 5\n  scaleTargetRef:\n    apiVersion: apps/v1\n    kind: {kind}\n    name: {target}\n"
        )
}

fn claim(random: &mut Random, name: &str) -> String {
    head(random, "v1", "PersistentVolumeClaim", name)
        + "spec:\n  accessModes: [ReadWriteOnce]\n  resources:\n    requests:\n      storage: 1Gi\n"
}

fn network_policy(random: &mut Random, name: &str) -> String {
    head(random, "networking.k8s.io/v1", "NetworkPolicy", name)
        + "spec:\n  podSelector:\n    matchLabels:\n      app: web\n  ingress:\n  - from:\n    - podSelector:\n        matchLabels:\n          app: api\n"
}

fn namespace(random: &mut Random, _: &str) -> String {
    let name = random.one(&NAMESPACES);
    format!("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n")
}

fn custom(random: &mut Random, name: &str) -> String {
    let mut text = head(random, "example.com/v1", "Widget", name);
    text.push_str(&format!(
        "spec:\n  image: {}\n  items:\n  - name: a\n    value: 1\n  - name: b\n    value: {}\n  mapRef:\n    name: {}\n",
        random.one(&IMAGES),
        random.one(&["2", "x", "[1, 2]", "null"]),
        random.one(&NAMES)
    ));
    if random.chance(30) {
        text.push_str("  selector: {matchLabels: {app: web}}\n  replicas: 2\n");
    }
    text
}

fn webhook(random: &mut Random, name: &str) -> String {
    let service = random.one(&NAMES);
    let namespace = random.one(&NAMESPACES);
    head(
        random,
        "admissionregistration.k8s.io/v1",
        "ValidatingWebhookConfiguration",
        name,
    ) + &format!(
        "webhooks:\n- name: a.example.com\n  clientConfig:\n    service:\n      name: {service}\n      namespace: {namespace}\n"
    )
}

fn budget(random: &mut Random, name: &str) -> String {
    head(random, "policy/v1", "PodDisruptionBudget", name)
        + &format!("spec:\n  minAvailable: 1\n  selector:\n    matchLabels:\n      app: {name}\n")
}
