package io.fairlead.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import io.fairlead.CallSettings;
import io.fairlead.client.RpcChannel;
import io.fairlead.gateway.Contracts;
import io.fairlead.observe.CallExplanation;
import io.fairlead.observe.CallOutcome;
import io.grpc.CallOptions;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Calls a method of any shape, without generated code. */
@Command(
    name = "call",
    description = {
      "Calls a method, with messages in JSON. Without METHOD it lists the methods there are.",
      "The contract is asked of the server by reflection, or read from a descriptor set. Its deadline,"
          + " retries and balancing are in force."
    })
final class CallCommand implements Callable<Integer> {
  private static final Pattern HOST_AND_PORT = Pattern.compile(".*:\\d+");
  private static final Duration CONTRACT_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration OUTCOME_TIMEOUT = Duration.ofSeconds(2);

  private final Terminal terminal;

  @Parameters(
      index = "0",
      paramLabel = "TARGET",
      description =
          "A service of the registry, host:port, or a target such as etcd://10.0.0.1:2379/inventory.")
  @SuppressWarnings("NullAway.Init") // picocli sets it before it runs
  private String target;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "METHOD",
      description = "shop.v1.Inventory/Reserve, Inventory/Reserve or Reserve.")
  private @Nullable String method;

  @Parameters(
      index = "2",
      arity = "0..1",
      paramLabel = "JSON",
      description =
          "The request; @FILE reads a file, and - the standard input. A stream of requests is one object"
              + " after the other. Default: an empty message.")
  private @Nullable String request;

  @Option(
      names = "--explain",
      description = "Shows each attempt, and where each field of the policy comes from.")
  private boolean explain;

  @Option(
      names = "--json",
      description = "Writes each response in one line, and a failure as JSON.")
  private boolean json;

  @Option(
      names = "--deadline",
      paramLabel = "TIME",
      converter = Times.Converter.class,
      description = "The deadline of the call. Default: that of the contract.")
  private @Nullable Duration deadline;

  @Option(
      names = "--endpoint",
      paramLabel = "HOST:PORT",
      description = "The one endpoint of the target that is called.")
  private @Nullable String endpoint;

  @Option(
      names = "--descriptors",
      paramLabel = "FILE",
      description =
          "A descriptor set of protoc --include_imports --descriptor_set_out=FILE, in place of"
              + " reflection.")
  private @Nullable Path descriptors;

  @Mixin private final RegistryOptions registryOptions = new RegistryOptions();
  @Mixin private final ChannelOptions channelOptions = new ChannelOptions();

  CallCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    if (target.contains("://") || HOST_AND_PORT.matcher(target).matches()) {
      return over(channelOptions.channel(terminal, target));
    }
    try (OpenRegistry registry = registryOptions.open(terminal)) {
      registry.endpoints(target); // says what there is, if this is not
      return over(
          channelOptions.channel(terminal, "registry:///" + target).registry(registry.registry()));
    }
  }

  private int over(RpcChannel.Builder builder) throws Exception {
    CompletableFuture<CallOutcome> outcome = new CompletableFuture<>();
    String[] called = {""};
    builder.observer(
        each -> {
          if (each.method().equals(called[0])) {
            outcome.complete(each);
          }
        });
    try (RpcChannel channel = builder.build()) {
      List<ServiceDescriptor> services = services(channel);
      if (method == null) {
        return list(services);
      }
      MethodDescriptor found = MethodNames.find(services, method);
      try (Reader input = input(request)) {
        DynamicMethod dynamic = new DynamicMethod(found, services);
        called[0] = dynamic.fullName();
        CallResult result =
            dynamic.call(
                channel.with(settings()),
                CallOptions.DEFAULT,
                input,
                each -> terminal.out().println(dynamic.text(each, !json)));
        return finish(result, outcome);
      }
    }
  }

  private List<ServiceDescriptor> services(RpcChannel channel) throws InterruptedException {
    Contracts contracts =
        descriptors == null ? Contracts.reflection() : Contracts.descriptorSet(descriptors);
    try {
      return contracts
          .services(channel)
          .toCompletableFuture()
          .get(CONTRACT_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      String why = cause == null ? e.toString() : String.valueOf(cause.getMessage());
      if (cause instanceof IllegalArgumentException) {
        throw new CommandException(ExitCode.USAGE, why);
      }
      boolean refused = why.contains("UNAUTHENTICATED") || why.contains("PERMISSION_DENIED");
      throw new CommandException(
          refused ? ExitCode.REFUSED : ExitCode.UNREACHABLE,
          "the contract of " + target + " cannot be read: " + why + "; --descriptors reads a file");
    } catch (TimeoutException e) {
      throw new CommandException(
          ExitCode.UNREACHABLE,
          target + " has not told its contract within " + CONTRACT_TIMEOUT.toSeconds() + " s");
    }
  }

  private int list(List<ServiceDescriptor> services) {
    Table table = new Table("METHOD", "REQUEST", "RESPONSE");
    JsonArray array = new JsonArray();
    for (ServiceDescriptor service : services) {
      for (MethodDescriptor each : service.getMethods()) {
        String requests =
            (each.isClientStreaming() ? "stream " : "") + each.getInputType().getName();
        String responses =
            (each.isServerStreaming() ? "stream " : "") + each.getOutputType().getName();
        String name = service.getFullName() + "/" + each.getName();
        table.add(name, requests, responses);
        JsonObject object = new JsonObject();
        object.addProperty("method", name);
        object.addProperty("request", each.getInputType().getFullName());
        object.addProperty("requestStream", each.isClientStreaming());
        object.addProperty("response", each.getOutputType().getFullName());
        object.addProperty("responseStream", each.isServerStreaming());
        array.add(object);
      }
    }
    if (json) {
      terminal.out().println(array);
    } else {
      table.print(terminal.out());
    }
    return ExitCode.OK;
  }

  private CallSettings settings() {
    CallSettings.Builder settings = CallSettings.builder();
    if (deadline != null) {
      settings.deadline(deadline);
    }
    if (endpoint != null) {
      settings.endpoint(endpoint);
    }
    return settings.build();
  }

  private Reader input(@Nullable String text) {
    if (text == null) {
      return new StringReader("");
    }
    if (text.equals("-")) {
      return new InputStreamReader(terminal.in(), StandardCharsets.UTF_8);
    }
    if (!text.startsWith("@")) {
      return new StringReader(text);
    }
    try {
      return Files.newBufferedReader(Path.of(text.substring(1)), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new CommandException(
          ExitCode.USAGE, "the file " + text.substring(1) + " cannot be read: " + e);
    }
  }

  private int finish(CallResult result, CompletableFuture<CallOutcome> heard)
      throws InterruptedException {
    String story = "";
    if (explain) {
      try {
        // Observers hear of the end when the caller does, on another thread.
        CallOutcome outcome = heard.get(OUTCOME_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        story = CallExplanation.of(outcome).text();
      } catch (TimeoutException | ExecutionException e) {
        story = "the channel has not explained the call";
      }
    }
    if (json) {
      if (!result.status().isOk() || explain) {
        terminal.err().println(result.json(story));
      }
    } else {
      if (!result.status().isOk()) {
        terminal.err().print(result.text(!explain));
      }
      if (explain) {
        terminal.err().println(story);
      }
    }
    return ExitCode.of(result.status().getCode());
  }
}
