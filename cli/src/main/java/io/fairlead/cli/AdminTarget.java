package io.fairlead.cli;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.MessageOrBuilder;
import io.fairlead.CallSettings;
import io.fairlead.RpcException;
import io.fairlead.admin.v1.Admin;
import io.fairlead.admin.v1.AdminAsync;
import io.fairlead.admin.v1.AdminRpc;
import io.fairlead.admin.v1.GetStateRequest;
import io.fairlead.admin.v1.ProcessState;
import io.fairlead.admin.v1.ServerState;
import io.fairlead.balance.BalancingOptions;
import io.fairlead.client.RpcChannel;
import java.io.PrintStream;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * The admin service of one process, found by the id of an instance. Whoever opened it closes it.
 */
final class AdminTarget implements AutoCloseable {
  private static final Pattern HOST_AND_PORT = Pattern.compile(".*:\\d+");

  private final String name;
  private final String address;
  private final String service;
  private final String id;
  private final RpcChannel channel;
  private final CallSettings limit;
  private final Admin admin;

  private AdminTarget(
      Terminal terminal,
      AdminOptions options,
      String name,
      String address,
      String service,
      String id) {
    this.name = name;
    this.address = address;
    this.service = service;
    this.id = id;
    this.channel = channel(terminal, options, address);
    this.limit = CallSettings.builder().deadline(options.registry().timeout()).build();
    this.admin = AdminRpc.client(channel.with(limit));
  }

  /** Finds an instance, and opens a channel to its process. */
  static AdminTarget open(Terminal terminal, String instance, AdminOptions options)
      throws InterruptedException {
    if (HOST_AND_PORT.matcher(instance).matches()) {
      return new AdminTarget(terminal, options, instance, instance, "", "");
    }
    try (OpenRegistry registry = options.registry().open(terminal)) {
      return of(terminal, registry.find(instance), options);
    }
  }

  /** Finds an instance, or all instances of a service. The caller closes each of them. */
  static List<AdminTarget> all(Terminal terminal, String name, AdminOptions options)
      throws InterruptedException {
    if (HOST_AND_PORT.matcher(name).matches()) {
      return List.of(open(terminal, name, options));
    }
    try (OpenRegistry registry = options.registry().open(terminal)) {
      List<String> services = registry.services();
      if (!services.contains(name)) {
        return List.of(of(terminal, registry.find(name, services), options));
      }
      return Opening.all(
          registry.endpoints(name).snapshot().endpoints(),
          endpoint -> of(terminal, new OpenRegistry.Instance(name, endpoint), options));
    }
  }

  /** Opens a channel to the process of an instance. */
  static AdminTarget of(Terminal terminal, OpenRegistry.Instance found, AdminOptions options) {
    return new AdminTarget(
        terminal,
        options,
        found.name(),
        options.addressOf(found),
        found.service(),
        found.endpoint().id());
  }

  private static RpcChannel channel(Terminal terminal, AdminOptions options, String address) {
    return options
        .channel()
        .channel(terminal, address)
        // Also to a server whose health says that it takes no calls.
        .balancing(BalancingOptions.builder().withoutHealth().build())
        .build();
  }

  String name() {
    return name;
  }

  /** Returns a message of this process as JSON, with the name of the process. */
  JsonObject json(MessageOrBuilder message) {
    JsonObject object = JsonParser.parseString(ActionCommand.json(message)).getAsJsonObject();
    object.addProperty("instance", name);
    return object;
  }

  ProcessState state() {
    return ask(each -> each.getState(GetStateRequest.getDefaultInstance()));
  }

  /**
   * Returns the name, in its process, of the server that is registered as this instance; an empty
   * one stands for all servers of an address.
   */
  String serverName() {
    if (id.isEmpty()) {
      return "";
    }
    for (ServerState server : state().getServersList()) {
      if (server.getRegistration().getId().equals(id)
          && server.getRegistration().getService().equals(service)) {
        return server.getName();
      }
    }
    throw new CommandException(
        ExitCode.NOT_FOUND,
        "the admin service at "
            + address
            + " does not show "
            + name
            + "; call watch(server) there after start()");
  }

  /** Returns a client for streams; those that go on until Ctrl-C have no deadline. */
  AdminAsync stream(boolean endless) {
    return AdminRpc.asyncClient(endless ? channel : channel.with(limit));
  }

  /** Asks the process, and says what its failure means. */
  <T> T ask(Function<Admin, T> question) {
    try {
      return question.apply(admin);
    } catch (RpcException e) {
      throw explained(e);
    }
  }

  /** Says why a stream of this process has ended; returns the exit code. */
  int report(PrintStream err, Throwable failure, boolean json) {
    Exception shown =
        failure instanceof RpcException rpc ? explained(rpc) : new IllegalStateException(failure);
    return Failures.report(err, shown, json);
  }

  /** Returns what a failure of this process means to the person who typed the command. */
  RuntimeException explained(RpcException e) {
    String why = e.getStatus().getDescription() == null ? "" : e.getStatus().getDescription();
    return switch (e.code()) {
      case UNIMPLEMENTED ->
          new CommandException(
              ExitCode.NOT_FOUND,
              address
                  + " has no admin service; add one as docs/admin.md shows, or name its port with"
                  + " --admin-port");
      case NOT_FOUND -> new CommandException(ExitCode.NOT_FOUND, address + ": " + why);
      case INVALID_ARGUMENT -> new CommandException(ExitCode.USAGE, address + ": " + why);
      case FAILED_PRECONDITION -> new CommandException(ExitCode.FAILED, address + ": " + why);
      case UNAUTHENTICATED, PERMISSION_DENIED ->
          new CommandException(
              ExitCode.REFUSED,
              address
                  + " refuses: "
                  + why
                  + "; --token-file, FAIRLEAD_TOKEN or --tls-certificate say who calls");
      case UNAVAILABLE, DEADLINE_EXCEEDED ->
          new CommandException(
              ExitCode.UNREACHABLE, address + " does not answer: " + e.getMessage());
      default -> e;
    };
  }

  @Override
  public void close() {
    channel.close();
  }
}
