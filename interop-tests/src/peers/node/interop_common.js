// gRPC's interop contract, loaded as it is, and the messages of its cases.
const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");

const loaded = loader.loadSync("grpc/testing/test.proto", {
  includeDirs: [process.env.PROTOS],
  longs: Number,
  keepCase: true,
});
const testing = grpc.loadPackageDefinition(loaded).grpc.testing;

const INITIAL = "x-grpc-test-echo-initial";
const TRAILING = "x-grpc-test-echo-trailing-bin";
const LARGEST = 16 << 20;

function payload(size) {
  return { body: Buffer.alloc(size) };
}

module.exports = { grpc, testing, payload, INITIAL, TRAILING, LARGEST };
