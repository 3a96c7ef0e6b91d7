//! Hooks: what a chart has done before and after an action.

use flux_helm::release::{Hook, HookDeletePolicy, HookEvent, HookExecution, Release};
use flux_kube::Propagation;

use super::apply::build;
use super::{Act, Patience, now};

const BEFORE_CREATION: &str = "before-hook-creation";
const SUCCEEDED: &str = "hook-succeeded";
const FAILED: &str = "hook-failed";

impl Act {
    /// Runs the hooks of an event one after the other, by weight and name. How each went is noted in the release, which is
    /// recorded on the way. `chosen` tells which hooks take part.
    pub(super) async fn run_hooks(
        &self,
        release: &mut Release,
        event: HookEvent,
        patience: Patience,
        chosen: impl Fn(&Hook) -> bool,
    ) -> Result<(), String> {
        let order = order(&release.hooks, event, chosen);
        let mut done: Vec<usize> = Vec::new();
        for index in order {
            let hook = &mut release.hooks[index];
            if hook.delete_policies.is_empty() {
                hook.delete_policies = vec![HookDeletePolicy(BEFORE_CREATION.into())];
            }
            let hook = hook.clone();
            self.delete_by_policy(&hook, BEFORE_CREATION, &release.namespace, patience)
                .await?;
            let outcome = self.run_hook(release, index, event, patience).await;
            let Err(error) = outcome else {
                done.push(index);
                continue;
            };
            release.hooks[index].last_run.phase = "Failed".into();
            if error.after_creation {
                let failed = release.hooks[index].clone();
                if let Err(error) = self
                    .delete_by_policy(&failed, FAILED, &release.namespace, patience)
                    .await
                {
                    self.lines.add(format!(
                        "error deleting the hook resource on hook failure: {error}"
                    ));
                }
                for index in &done {
                    let hook = release.hooks[*index].clone();
                    self.delete_by_policy(&hook, SUCCEEDED, &release.namespace, patience)
                        .await?;
                }
            }
            return Err(error.cause);
        }
        for index in done.into_iter().rev() {
            let hook = release.hooks[index].clone();
            self.delete_by_policy(&hook, SUCCEEDED, &release.namespace, patience)
                .await?;
        }
        Ok(())
    }

    async fn run_hook(
        &self,
        release: &mut Release,
        index: usize,
        event: HookEvent,
        patience: Patience,
    ) -> Result<(), HookError> {
        let hook = release.hooks[index].clone();
        let early = |cause: String| HookError {
            cause,
            after_creation: false,
        };
        let (word, path) = (event.as_str(), &hook.path);
        let built = build(&self.job.client, &hook.manifest, &release.namespace).await;
        let targets = built.map_err(|cause| {
            early(format!(
                "unable to build kubernetes object for {word} hook {path}: {cause}"
            ))
        })?;
        release.hooks[index].last_run = HookExecution {
            started_at: now(),
            phase: "Running".into(),
            ..HookExecution::default()
        };
        self.records.record(release).await;
        let last_run = &mut release.hooks[index].last_run;
        last_run.phase = "Unknown".into();
        let created = self.create(&targets).await;
        if created.is_err() {
            last_run.completed_at = now();
        }
        let live = created.map_err(|cause| early(format!("warning: Hook {word} {path} failed: {cause}")))?;
        self.lines
            .add(format!("watching for changes to {} {}", hook.kind, hook.name));
        let waited = self.wait_for_hook(&live, patience).await;
        let last_run = &mut release.hooks[index].last_run;
        last_run.completed_at = now();
        waited.map_err(|cause| HookError {
            cause,
            after_creation: true,
        })?;
        last_run.phase = "Succeeded".into();
        Ok(())
    }

    /// Deletes the object of a hook where the hook says so, and waits until it is gone. Definitions stay: what is of their kinds
    /// would go with them.
    async fn delete_by_policy(
        &self,
        hook: &Hook,
        policy: &str,
        namespace: &str,
        patience: Patience,
    ) -> Result<(), String> {
        let applies = hook.delete_policies.iter().any(|held| held.0 == policy);
        if !applies || hook.kind == "CustomResourceDefinition" {
            return Ok(());
        }
        let built = build(&self.job.client, &hook.manifest, namespace).await;
        let targets = built.map_err(|cause| {
            format!(
                "unable to build kubernetes object for deleting hook {}: {cause}",
                hook.path
            )
        })?;
        for target in &targets {
            self.delete(target, Propagation::Background).await?;
        }
        self.wait_gone(&targets, patience).await
    }
}

struct HookError {
    cause: String,
    /// The object was created, and has not done what it should.
    after_creation: bool,
}

/// Places of the hooks of an event, in the order in which they run.
fn order(hooks: &[Hook], event: HookEvent, chosen: impl Fn(&Hook) -> bool) -> Vec<usize> {
    let of_event = hooks.iter().enumerate();
    let of_event = of_event.filter(|(_, hook)| hook.events.contains(&event) && chosen(hook));
    let mut places: Vec<usize> = of_event.map(|(index, _)| index).collect();
    places.sort_by(|a, b| {
        let key = |index: &usize| (hooks[*index].weight, &hooks[*index].name);
        key(a).cmp(&key(b))
    });
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(hooks: &[(&str, i64, HookEvent)], expect: &[&str]) {
        let hooks: Vec<Hook> = hooks
            .iter()
            .map(|(name, weight, event)| Hook {
                name: (*name).into(),
                weight: *weight,
                events: vec![*event],
                ..Hook::default()
            })
            .collect();
        let order = order(&hooks, HookEvent::PreInstall, |hook| hook.name != "left-out");
        let names: Vec<&str> = order.iter().map(|index| hooks[*index].name.as_str()).collect();
        assert_eq!(names, expect);
    }

    #[test]
    fn hooks_run_by_weight_and_name() {
        use HookEvent::{PostInstall, PreInstall};
        check(
            &[
                ("c", 0, PreInstall),
                ("b", 5, PreInstall),
                ("a", 0, PreInstall),
                ("first", -5, PreInstall),
                ("later", 0, PostInstall),
                ("left-out", 0, PreInstall),
            ],
            &["first", "a", "c", "b"],
        );
    }
}
