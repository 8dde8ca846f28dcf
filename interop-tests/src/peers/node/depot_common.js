// What client and server of the contract depot.v1 share. The contract is loaded as it is, as most do in Node.
const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");

const loaded = loader.loadSync(
  ["depot/v1/depot.proto", "google/rpc/status.proto", "google/rpc/error_details.proto"],
  { includeDirs: [process.env.PROTOS], longs: Number, defaults: true, keepCase: true },
);

const LARGEST = 32 << 20;

function pattern(size) {
  return Buffer.from(Uint8Array.from({ length: size }, (_, i) => i % 251));
}

function sum(bytes) {
  return bytes.reduce((total, byte) => total + byte, 0);
}

module.exports = { grpc, loaded, depot: grpc.loadPackageDefinition(loaded).depot.v1.Depot, LARGEST, pattern, sum };
