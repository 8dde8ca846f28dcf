//! Generates from the contracts in the folder that PROTOS names.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let protos = std::env::var("PROTOS")?;
    println!("cargo:rerun-if-env-changed=PROTOS");
    println!("cargo:rerun-if-changed={protos}");
    tonic_prost_build::configure().compile_protos(
        &[format!("{protos}/depot/v1/depot.proto"), format!("{protos}/fairlead/options.proto")],
        &[protos],
    )?;
    Ok(())
}
