package io.fairlead.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.fairlead.discovery.Resolution;
import io.fairlead.scaling.EndpointLoad;
import io.fairlead.scaling.LoadSample;
import io.fairlead.scaling.ServiceLoad;
import io.fairlead.scaling.ServiceLoadView;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows the load of a service, as its instances report it. */
@Command(name = "load", description = "Shows the load of a service, as its instances report it.")
final class LoadCommand implements Callable<Integer> {
  private static final Duration POLL = Duration.ofMillis(20);

  private final Terminal terminal;

  @Parameters(paramLabel = "SERVICE", description = "Its name in the registry.")
  @SuppressWarnings("NullAway.Init") // picocli sets it before it runs
  private String service;

  @Option(
      names = "--interval",
      paramLabel = "TIME",
      converter = Times.Converter.class,
      description = "Over which time instances count. Default: 1s.")
  private Duration interval = Duration.ofSeconds(1);

  @Option(
      names = "--scaler",
      paramLabel = "URL",
      description =
          "The pages of the process that decides about the service, such as"
              + " http://127.0.0.1:9991. Without it, the last decisions are those that the registry"
              + " has.")
  private @Nullable URI scaler;

  @Option(names = "--json", description = "Writes JSON.")
  private boolean json;

  @Mixin private final RegistryOptions registryOptions = new RegistryOptions();
  @Mixin private final ChannelOptions channelOptions = new ChannelOptions();

  LoadCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    // First: a mistake in its address is to show before anybody waits for reports.
    ScalerPage given =
        scaler == null ? null : ScalerPage.read(scaler, service, registryOptions.timeout());
    try (OpenRegistry registry = registryOptions.open(terminal)) {
      ScalerPage decisions = given == null ? ScalerPage.announced(registry, service) : given;
      // One that is scaled may have no instance now.
      int expected =
          decisions != null && registry.resolve(service) instanceof Resolution.Absent
              ? 0
              : registry.endpoints(service).snapshot().endpoints().size();
      try (ServiceLoadView view =
          ServiceLoadView.builder()
              .interval(interval)
              .channels(builder -> channelOptions.prepare(terminal, builder))
              .countWaitingCalls()
              .open(registry.registry(), service)) {
        ServiceLoad load = await(view, expected);
        if (json) {
          JsonObject document = json(load);
          if (decisions != null) {
            decisions.addTo(document);
          }
          terminal.out().println(document);
        } else {
          print(load);
          if (decisions != null) {
            decisions.print(terminal.out());
          }
        }
        if (load.sample().offered().isPresent()) {
          return ExitCode.OK;
        }
        Failures.print(
            terminal.err(),
            "the load is unknown: " + load.sample().unknownReason(),
            ExitCode.FAILED,
            json);
        return ExitCode.FAILED;
      }
    }
  }

  /** Waits until each instance has reported; those that do not in time are shown as unknown. */
  private ServiceLoad await(ServiceLoadView view, int expected) throws InterruptedException {
    long end = System.nanoTime() + registryOptions.timeout().plus(interval).toNanos();
    while (true) {
      ServiceLoad load = view.read();
      long known = load.endpoints().stream().filter(each -> each.offered().isPresent()).count();
      boolean all = known >= expected && load.sample().offered().isPresent();
      if (all || System.nanoTime() > end) {
        return load;
      }
      Thread.sleep(POLL.toMillis());
    }
  }

  private void print(ServiceLoad load) {
    LoadSample sample = load.sample();
    terminal
        .out()
        .printf(
            Locale.ROOT,
            "%s: %d ready, %d of them report; %s calls/s offered, %s served, %s refused;"
                + " utilization %s%n",
            service,
            sample.ready(),
            sample.reporting(),
            figure(offered(sample)),
            figure(OptionalDouble.of(sample.served())),
            figure(OptionalDouble.of(refused(sample))),
            figure(sample.utilization()));
    if (sample.waiting() > 0) {
      terminal
          .out()
          .printf(
              Locale.ROOT,
              "waiting in clients: %d, and %.2f more each second%n",
              sample.waiting(),
              sample.waitingPerSecond());
    }
    Table table = new Table("ID", "ADDRESS", "STATE", "CALLS/S", "UTILIZATION");
    for (EndpointLoad each : load.endpoints()) {
      table.add(
          each.id(),
          each.address(),
          each.state(),
          figure(each.offered()),
          figure(each.utilization()));
    }
    table.print(terminal.out());
  }

  /** Those that came to an instance, and those that found none. */
  private static OptionalDouble offered(LoadSample sample) {
    return sample.offered().isPresent()
        ? OptionalDouble.of(sample.offered().getAsDouble() + sample.waitingPerSecond())
        : OptionalDouble.empty();
  }

  private static double refused(LoadSample sample) {
    return sample.unserved() - sample.waitingPerSecond();
  }

  private static String figure(OptionalDouble value) {
    return value.isPresent() ? String.format(Locale.ROOT, "%.2f", value.getAsDouble()) : "unknown";
  }

  private JsonObject json(ServiceLoad load) {
    LoadSample sample = load.sample();
    JsonObject object = new JsonObject();
    object.addProperty("service", service);
    object.addProperty("ready", sample.ready());
    object.addProperty("reporting", sample.reporting());
    object.add("offered", number(offered(sample)));
    object.addProperty("served", sample.served());
    object.addProperty("refused", refused(sample));
    object.addProperty("waiting", sample.waiting());
    object.addProperty("waitingPerSecond", sample.waitingPerSecond());
    object.add("utilization", number(sample.utilization()));
    JsonArray instances = new JsonArray();
    for (EndpointLoad each : load.endpoints()) {
      JsonObject instance = new JsonObject();
      instance.addProperty("id", each.id());
      instance.addProperty("address", each.address());
      instance.addProperty("state", each.state());
      instance.add("offered", number(each.offered()));
      instance.add("utilization", number(each.utilization()));
      instances.add(instance);
    }
    object.add("instances", instances);
    return object;
  }

  private static JsonElement number(OptionalDouble value) {
    return value.isPresent() ? new JsonPrimitive(value.getAsDouble()) : JsonNull.INSTANCE;
  }
}
