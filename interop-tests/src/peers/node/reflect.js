// Finds the contract by reflection alone, and prints what our options say: "METHOD <name> <deadline> <attempts>".
const grpc = require("@grpc/grpc-js");
const { createRequire } = require("node:module");
const { GrpcReflection } = require("grpc-js-reflection-client");

// The protobuf.js of that library, of which there may be several.
const within = createRequire(require.resolve("grpc-js-reflection-client"));
const protobuf = within("protobufjs");
const descriptor = within("protobufjs/ext/descriptor");

// The number that fairlead/options.proto extends MethodOptions with; the library drops what it has not been told of.
descriptor.MethodOptions.add(new protobuf.Field("fairlead_method", 1390, "bytes"));

async function main([target, service, version]) {
  const client = new GrpcReflection(target, grpc.credentials.createInsecure(), {}, version);
  console.log("SERVICES", ...(await client.listServices()).sort());
  const root = (await client.getDescriptorBySymbol(service)).getProtobufJsRoot();
  // The shape of the policy comes from the server too.
  const policy = root.lookupType("fairlead.Policy");
  const code = root.lookupEnum("fairlead.Code");
  for (const method of root.lookupService(service).methodsArray) {
    const bytes = method.options?.fairlead_method;
    const { deadline, retry } = policy.decode(bytes || new Uint8Array());
    const codes = (retry?.codes || []).map((number) => code.valuesById[number]);
    console.log("METHOD", method.name, deadline || "-", retry?.attempts || 0, ...codes);
  }
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
