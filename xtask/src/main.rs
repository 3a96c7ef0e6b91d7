//! `cargo xtask`: see the library for what each command does.

use std::process::ExitCode;

use xtask::Error;

const USAGE: &str = "usage: cargo xtask ci | tidy | gen [--check] | peers | bench NAME | bench kustomization --kubeconfig FILE | differ trees FOLDER [FLAG...] | differ \
                     random [COUNT [SEED]] | differ helm [COUNT] [--seed N]";

/// Random charts that take about a minute.
const HELM: usize = 600;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match dispatch(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(args: &[&str]) -> Result<(), Error> {
    match args {
        ["ci"] => xtask::ci::run_all(),
        ["bench", "kustomization", "--kubeconfig", file] => xtask::bench::run_on(file),
        ["bench", name] => xtask::bench::run_named(name),
        ["differ", "trees", folder, flags @ ..] => xtask::differ::trees(folder, flags),
        ["differ", "random"] => xtask::differ::random(500, 0),
        ["differ", "random", count] => xtask::differ::random(number(count)?, 0),
        ["differ", "random", count, seed] => xtask::differ::random(number(count)?, number(seed)? as u64),
        ["differ", "helm"] => xtask::differ::helm(HELM, 0),
        ["differ", "helm", "--seed", seed] => xtask::differ::helm(HELM, number(seed)? as u64),
        ["differ", "helm", count] => xtask::differ::helm(number(count)?, 0),
        ["differ", "helm", count, "--seed", seed] => {
            xtask::differ::helm(number(count)?, number(seed)? as u64)
        }
        ["gen"] => xtask::r#gen::run(false),
        ["gen", "--check"] => xtask::r#gen::run(true),
        ["tidy"] => xtask::tidy::check(),
        ["peers"] => {
            let peers = xtask::peers::install()?;
            println!(
                "{}\n{}\n{}",
                peers.kubectl.display(),
                peers.helm.display(),
                peers.helm3.display()
            );
            Ok(())
        }
        _ => Err(Error::Usage(USAGE.into())),
    }
}

fn number(text: &str) -> Result<usize, Error> {
    text.parse()
        .map_err(|_| Error::Usage(format!("{text:?} is not a number; {USAGE}")))
}
