//! Finds a chart in an index of any size: `find_in_index INDEX CHART [RANGE]`.

#![expect(clippy::disallowed_types, reason = "an example reads a file")]

use std::fs::File;
use std::io::BufReader;

use flux_helm::Log;
use flux_helm::repo::find_in_index;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [index, chart, range @ ..] = &arguments[..] else {
        return Err("usage: find_in_index INDEX CHART [RANGE]".into());
    };
    let file = BufReader::with_capacity(1 << 18, File::open(index)?);
    let range = range.first().map_or("", String::as_str);
    let found = find_in_index(file, chart, range, &mut Log::new())?;
    println!("{} {}", found.metadata.version, found.urls.join(" "));
    Ok(())
}
