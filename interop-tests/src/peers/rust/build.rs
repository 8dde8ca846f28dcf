//! Generates from the contracts in the folder that PROTOS names.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let protos = std::env::var("PROTOS")?;
    println!("cargo:rerun-if-env-changed=PROTOS");
    println!("cargo:rerun-if-changed={protos}");
    let contracts = ["depot/v1/depot.proto", "fairlead/options.proto", "grpc/testing/test.proto"];
    tonic_prost_build::configure()
        .compile_protos(&contracts.map(|contract| format!("{protos}/{contract}")), &[protos])?;
    Ok(())
}
