//! What the programs of this crate share.

/// As it was generated.
pub mod depot {
    pub mod v1 {
        tonic::include_proto!("depot.v1");
    }
}

/// As it was generated.
#[allow(clippy::all)]
pub mod fairlead {
    tonic::include_proto!("fairlead");
}

/// gRPC's interop contract, as it was generated.
#[allow(clippy::all)]
pub mod testing {
    tonic::include_proto!("grpc.testing");
}

pub const LARGEST: usize = 32 << 20;

pub fn pattern(size: usize) -> Vec<u8> {
    (0..size).map(|i| (i % 251) as u8).collect()
}

pub fn sum(bytes: &[u8]) -> u64 {
    bytes.iter().map(|&byte| u64::from(byte)).sum()
}
