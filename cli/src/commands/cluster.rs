//! `flux cluster`: the embedded cluster on its own.

mod tokens;

use std::fs::File;
use std::io::{BufReader, BufWriter, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use flux_cluster::{Cluster, Config, Controllers, Security, Storage, snapshot};
use tokio::net::TcpListener;

use crate::cluster_args::{ClusterCommand, Serve};
use crate::error::Error;
use crate::{log, secret_file, signals};

/// Do what the command says.
pub async fn run(command: &ClusterCommand) -> Result<(), Error> {
    match command {
        ClusterCommand::Serve(serve) => self::serve(serve).await,
        ClusterCommand::Export { data, output } => export(data, output.as_deref()),
        ClusterCommand::Import { data, filename } => import(data, filename.as_deref()),
    }
}

async fn serve(serve: &Serve) -> Result<(), Error> {
    let config = config(serve)?;
    let address = SocketAddr::new(serve.bind_address, serve.secure_port);
    let listener = TcpListener::bind(address).await.map_err(|error| {
        Error::message(format!(
            "cannot listen on {address}: {error}; choose others with --bind-address and --secure-port"
        ))
    })?;
    let told = told_address(serve, &listener)?;
    let cluster = Cluster::open(config).await.map_err(failed)?;
    cluster.advertise(told.to_string());
    let server = cluster.serve(listener, Security::Tls).map_err(failed)?;
    if let Some(path) = &serve.write_kubeconfig {
        secret_file::write(path, &cluster.kubeconfig(&format!("https://{told}")))?;
        log::success(format!("kubeconfig written to {}", path.display()));
    }
    log::success(format!("serving on https://{}", server.address()));
    signals::interrupted().await;
    server.stop().await;
    cluster.shutdown().await;
    Ok(())
}

fn failed(error: flux_cluster::Error) -> Error {
    Error::message(error.to_string())
}

fn read(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path)
        .map_err(|error| Error::message(format!("cannot read {}: {error}", path.display())))
}

fn config(serve: &Serve) -> Result<Config, Error> {
    let mut config = Config::memory();
    if let Some(data) = &serve.data {
        config.storage = Storage::Directory(data.clone());
    }
    if let Some(path) = &serve.token_auth_file {
        config.tokens = tokens::parse(&read(path)?)
            .map_err(|why| Error::message(format!("{}: {why}", path.display())))?;
    }
    if let Some(path) = &serve.client_ca_file {
        config.client_authorities = read(path)?;
    }
    config.service_cidr.clone_from(&serve.service_cluster_ip_range);
    let interval = serve.etcd_compaction_interval.get();
    config.compaction = Some(interval).filter(|interval| !interval.is_zero());
    config.controllers =
        Controllers::parse(serve.controllers.iter().map(String::as_str)).map_err(Error::message)?;
    config.simulate = serve.simulate;
    Ok(config)
}

/// Where clients find the server.
fn told_address(serve: &Serve, listener: &TcpListener) -> Result<SocketAddr, Error> {
    let own = listener
        .local_addr()
        .map_err(|error| Error::message(error.to_string()))?;
    let ip = match serve.advertise_address {
        Some(ip) => ip,
        // Listening everywhere is no address to connect to.
        None if own.ip().is_unspecified() => std::net::Ipv4Addr::LOCALHOST.into(),
        None => own.ip(),
    };
    Ok(SocketAddr::new(ip, own.port()))
}

fn export(data: &Path, output: Option<&Path>) -> Result<(), Error> {
    let Some(output) = output else {
        snapshot::export(data, &mut std::io::stdout().lock()).map_err(failed)?;
        return Ok(());
    };
    // It is there as a whole or not at all, and only its owner can read it.
    let beside: PathBuf = output.with_extension("new");
    let io = |error: std::io::Error| Error::message(format!("cannot write {}: {error}", output.display()));
    let mut file = BufWriter::new(secret_file::create(&beside)?);
    let count = snapshot::export(data, &mut file).map_err(failed)?;
    file.flush().map_err(io)?;
    file.get_ref().sync_all().map_err(io)?;
    std::fs::rename(&beside, output).map_err(io)?;
    log::success(format!("{count} objects written to {}", output.display()));
    Ok(())
}

fn import(data: &Path, filename: Option<&Path>) -> Result<(), Error> {
    let count = match filename {
        Some(path) => {
            let file = File::open(path)
                .map_err(|error| Error::message(format!("cannot read {}: {error}", path.display())))?;
            snapshot::import(data, &mut BufReader::new(file)).map_err(failed)?
        }
        None => snapshot::import(data, &mut std::io::stdin().lock()).map_err(failed)?,
    };
    log::success(format!("{count} objects in {}", data.display()));
    Ok(())
}
