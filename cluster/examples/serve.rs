//! Serves a cluster alone: `serve [--listen ADDR] [--data DIR] [--plain] [--no-controllers] [--no-simulation]
//! [--compaction SECONDS] [--token TOKEN=USER[:GROUP…]]… [--kubeconfig FILE]`.

use std::time::Duration;

use flux_cluster::{Cluster, Config, Controllers, Security, Token, User};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut config = Config::memory();
    let (mut listen, mut security, mut kubeconfig) = ("127.0.0.1:6443".to_owned(), Security::Tls, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--listen" => listen = value()?,
            "--data" => config.storage = flux_cluster::Storage::Directory(value()?.into()),
            "--plain" => security = Security::Plain,
            "--no-controllers" => config.controllers = Controllers::none(),
            "--no-simulation" => config.simulate = false,
            "--no-kubelet" => config.simulation.kubelet = false,
            "--compaction" => config.compaction = Some(Duration::from_secs(value()?.parse()?)),
            "--token" => config
                .tokens
                .push(token(&value()?).ok_or("a token is TOKEN=USER[:UID[:GROUP]]")?),
            "--kubeconfig" => kubeconfig = Some(value()?),
            other => return Err(format!("unknown argument {other}").into()),
        }
    }
    let cluster = Cluster::open(config).await?;
    let server = cluster.serve(tokio::net::TcpListener::bind(&listen).await?, security)?;
    if let Some(path) = kubeconfig {
        std::fs::write(path, cluster.kubeconfig(server.url()))?;
    }
    println!("{}", server.url());
    tokio::signal::ctrl_c().await?;
    server.stop().await;
    cluster.shutdown().await;
    Ok(())
}

fn token(text: &str) -> Option<Token> {
    let (token, rest) = text.split_once('=')?;
    let mut parts = rest.split(':');
    let name = parts.next()?.to_owned();
    let uid = parts.next().unwrap_or_default().to_owned();
    // The colon of `system:masters` is written as a slash here.
    let groups = parts.map(|group| group.replace('/', ":")).collect();
    Some(Token {
        token: token.to_owned(),
        user: User {
            name,
            uid,
            groups,
            ..User::default()
        },
    })
}
