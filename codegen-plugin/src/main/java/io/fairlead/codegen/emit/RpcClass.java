package io.fairlead.codegen.emit;

import static io.fairlead.codegen.emit.RuntimeTypes.ASYNC_CLIENT_CALLS;
import static io.fairlead.codegen.emit.RuntimeTypes.CALL_CONTEXT;
import static io.fairlead.codegen.emit.RuntimeTypes.CHANNEL;
import static io.fairlead.codegen.emit.RuntimeTypes.CLIENT_CALLS;
import static io.fairlead.codegen.emit.RuntimeTypes.FUNCTION;
import static io.fairlead.codegen.emit.RuntimeTypes.RUNTIME_API;
import static io.fairlead.codegen.emit.RuntimeTypes.SERVER_SERVICE_DEFINITION;
import static io.fairlead.codegen.emit.RuntimeTypes.STRING;

import io.fairlead.codegen.model.MethodModel;
import io.fairlead.codegen.model.ServiceModel;
import io.fairlead.codegen.names.JavaType;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The class with the contracts of a service, its client factories and its server bindings. */
final class RpcClass {
  static final String SERVICE_NAME = "SERVICE_NAME";

  /** The level of the runtime's API that this generator writes for. */
  private static final int RUNTIME_API_LEVEL = 2;

  private final ServiceModel service;
  private final ClientClass client;
  private final ClientClass asyncClient;
  private final ConstantPartitions constantPartitions;

  RpcClass(ServiceModel service) {
    this.service = service;
    Set<String> taken = new HashSet<>();
    taken.add(service.blocking().head());
    taken.add(service.async().head());
    taken.add(service.rpc().head());
    taken.add(service.fileClass().head());
    for (MethodModel method : service.methods()) {
      taken.add(method.constant());
      taken.add(method.request().head());
      taken.add(method.response().head());
    }
    this.client = ClientClass.blocking(service, free("Client", taken));
    this.asyncClient = ClientClass.async(service, free("AsyncClient", taken));
    this.constantPartitions = new ConstantPartitions(service, taken);
  }

  private static String free(String wanted, Set<String> taken) {
    String name = wanted;
    while (taken.contains(name)) {
      name += "_";
    }
    return name;
  }

  /** The types that the class declares inside itself. */
  Set<String> nestedTypes() {
    Set<String> names = new LinkedHashSet<>(constantPartitions.names());
    names.add(client.name());
    names.add(asyncClient.name());
    return names;
  }

  void write(JavaFile file) {
    TypePreamble.write(
        file,
        service,
        List.of("Its methods with their policies, its clients, and its bindings for a server."));
    file.open("public final class " + service.rpc().path());
    file.line("/** The name of the service on the wire. */");
    file.line(
        "public static final %s %s = %s;"
            .formatted(file.name(STRING), SERVICE_NAME, JavaText.literal(service.fullName())));
    file.blank();
    file.open("static");
    file.line(file.name(RUNTIME_API) + ".require(" + RUNTIME_API_LEVEL + ");");
    file.close();
    constantPartitions.writeConstants(file);
    file.blank();
    file.line("private " + service.rpc().path() + "() {}");
    writeClients(file);
    writeBindings(file);
    constantPartitions.writeService(file);
    file.blank();
    file.line(
        "/** The contract's policies as a gRPC service config, for clients without Fairlead. */");
    file.open("public static " + file.name(STRING) + " serviceConfigJson()");
    JsonLiteral.write(file, ServiceConfig.json(service));
    file.close();
    client.write(file);
    asyncClient.write(file);
    constantPartitions.writeClasses(file);
    file.close();
  }

  private void writeClients(JavaFile file) {
    file.blank();
    file.line("/** A client that blocks. It needs no closing; the channel stays the caller's. */");
    writeFactory(file, service.blocking(), "client", client.name(), CLIENT_CALLS);
    file.blank();
    file.line(
        "/** A client that does not block. It needs no closing; the channel stays the caller's."
            + " */");
    writeFactory(file, service.async(), "asyncClient", asyncClient.name(), ASYNC_CLIENT_CALLS);
  }

  private static void writeFactory(
      JavaFile file, JavaType type, String name, String record, JavaType calls) {
    String channel = file.variable("channel");
    file.method(
        "public static " + file.name(type) + " " + name,
        List.of(file.name(CHANNEL) + " " + channel));
    file.line("return new %s(%s.over(%s));".formatted(record, file.name(calls), channel));
    file.close();
  }

  private void writeBindings(JavaFile file) {
    writeBinding(file, "bind", service.blocking(), "Serves a handler that may block.", "blocking");
    writeBinding(
        file,
        "bindAsync",
        service.async(),
        "Serves a handler that never blocks: it runs on event loops.",
        "async");
  }

  private void writeBinding(JavaFile file, String name, JavaType type, String doc, String mode) {
    String handler = file.variable("handler");
    String call = file.variable("call");
    String definition = file.name(SERVER_SERVICE_DEFINITION);
    file.blank();
    file.line("/** " + doc + " */");
    file.method(
        "public static " + definition + " " + name, List.of(file.name(type) + " " + handler));
    file.line("return %s(%s -> %s);".formatted(name, call, handler));
    file.close();
    file.blank();
    file.line("/** As above, with a handler made for each call. */");
    file.method(
        "public static " + definition + " " + name,
        List.of(
            "%s<%s, %s> %s"
                .formatted(
                    file.name(FUNCTION), file.name(CALL_CONTEXT), file.name(type), handler)));
    constantPartitions.writeBinding(file, type, mode, handler);
    file.close();
  }
}
