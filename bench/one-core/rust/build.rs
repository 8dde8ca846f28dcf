//! Generates from the contract of the bench in the folders that PROTOS names.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let protos = std::env::var("PROTOS")?;
    let folders: Vec<&str> = protos.split(':').collect();
    println!("cargo:rerun-if-env-changed=PROTOS");
    let contracts = ["fairlead/options.proto", "fairlead/bench/v1/bench.proto"];
    tonic_prost_build::configure().compile_protos(&contracts, &folders)?;
    Ok(())
}
