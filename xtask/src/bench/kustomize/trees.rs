//! The trees that are built.

use std::fmt::Write as _;
use std::fs;
use std::io::Result;
use std::path::Path;

fn write(tree: &Path, path: &str, text: &str) -> Result<()> {
    let path = tree.join(path);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, text)
}

/// A base of `apps` applications, and an overlay with namespace, prefix, labels, an image and a patch on all Deployments.
pub(super) fn overlay(tree: &Path, apps: usize) -> Result<()> {
    let mut resources = String::from("resources:\n");
    for app in 0..apps {
        // Writing to a string does not fail.
        let _ = writeln!(resources, "- app-{app}.yaml");
        write(tree, &format!("base/app-{app}.yaml"), &application(app))?;
    }
    write(tree, "base/kustomization.yaml", &resources)?;
    write(
        tree,
        "overlay/kustomization.yaml",
        "resources:\n- ../base\nnamespace: production\nnamePrefix: prod-\nlabels:\n- pairs:\n    team: platform\n  \
         includeSelectors: true\nimages:\n- name: registry.example.com/app\n  newTag: v2\npatches:\n- target:\n    kind: \
         Deployment\n  patch: |-\n    - op: add\n      path: /spec/revisionHistoryLimit\n      value: 3\n",
    )
}

fn application(app: usize) -> String {
    let name = format!("app-{app}");
    format!(
        r#"apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  labels:
    app: {name}
spec:
  replicas: 2
  selector:
    matchLabels:
      app: {name}
  template:
    metadata:
      labels:
        app: {name}
    spec:
      serviceAccountName: {name}
      containers:
      - name: main
        image: registry.example.com/app:v1
        ports:
        - containerPort: 8080
          name: http
        envFrom:
        - configMapRef:
            name: {name}
        env:
        - name: INDEX
          value: "{app}"
        resources:
          limits:
            memory: 128Mi
          requests:
            cpu: 10m
            memory: 64Mi
        livenessProbe:
          httpGet:
            path: /healthz
            port: http
---
apiVersion: v1
kind: Service
metadata:
  name: {name}
spec:
  selector:
    app: {name}
  ports:
  - port: 80
    targetPort: http
    name: http
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {name}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {name}
data:
  index: "{app}"
  mode: production
"#
    )
}

/// Custom resource definitions of 3.5 MB.
pub(super) fn crds(tree: &Path) -> Result<()> {
    const SIZE: usize = 3_500_000;
    let (mut text, mut index) = (String::new(), 0);
    while text.len() < SIZE {
        crd(&mut text, index);
        index += 1;
    }
    write(tree, "base/crds.yaml", &text)?;
    write(tree, "base/kustomization.yaml", "resources:\n- crds.yaml\n")?;
    write(
        tree,
        "overlay/kustomization.yaml",
        "resources:\n- ../base\ncommonAnnotations:\n  owner: platform\nlabels:\n- pairs:\n    team: platform\n",
    )
}

/// A definition of about 50 kB: objects in objects, with descriptions.
fn crd(text: &mut String, index: usize) {
    let _ = write!(
        text,
        r#"---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: things{index}.example.com
spec:
  group: example.com
  names:
    kind: Thing{index}
    listKind: Thing{index}List
    plural: things{index}
    singular: thing{index}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        description: Thing{index} is the Schema for the things{index} API
        properties:
          spec:
            type: object
            properties:
"#
    );
    for part in 0..20 {
        let _ = writeln!(
            text,
            "              part{part}:\n                type: object\n                properties:"
        );
        for field in 0..12 {
            let _ = writeln!(
                text,
                "                  field{field}:\n                    type: string\n                    description: |-\n                      \
                 Field {field} of part {part}: what it means, when it may be left out,\n                      and \"what\" happens then."
            );
        }
        let _ = writeln!(
            text,
            "                required:\n                - field0\n                - field1"
        );
    }
}

/// Many ConfigMaps in one file of a base, an overlay with a namespace and annotations.
pub(super) fn config_maps(tree: &Path) -> Result<()> {
    let mut text = String::new();
    for index in 0..4000 {
        let _ = write!(
            text,
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings-{index}\ndata:\n  key: value-{index}\n  other: \"{index}\"\n"
        );
    }
    write(tree, "base/all.yaml", &text)?;
    write(tree, "base/kustomization.yaml", "resources:\n- all.yaml\n")?;
    write(
        tree,
        "overlay/kustomization.yaml",
        "resources:\n- ../base\nnamespace: production\ncommonAnnotations:\n  owner: platform\n",
    )
}

/// The least that one would build.
pub(super) fn service(tree: &Path) -> Result<()> {
    write(
        tree,
        "overlay/service.yaml",
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector:\n    app: web\n  ports:\n  - port: 80\n",
    )?;
    write(tree, "overlay/kustomization.yaml", "resources:\n- service.yaml\n")
}
