package io.fairlead.cli;

import io.fairlead.admin.v1.Call;
import io.fairlead.admin.v1.TapRequest;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Shows calls of processes as they end. */
@Command(
    name = "tap",
    description =
        "Shows calls of an instance, or of all instances of a service, as they end, until Ctrl-C. Requests"
            + " and responses are not shown.")
final class TapCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Option(
      names = "--method",
      paramLabel = "NAME",
      description = "A full method name, or the name of a service of the contract.")
  private String method = "";

  @Option(names = "--failed", description = "Only calls that failed.")
  private boolean failed;

  @Option(
      names = "--slow",
      paramLabel = "TIME",
      converter = Times.Converter.class,
      description = "Only calls that took this long.")
  private @Nullable Duration slow;

  @Option(
      names = "--per-second",
      paramLabel = "COUNT",
      description =
          "The most calls of each process, up to 1000; the others are counted. Default: 100.")
  private int perSecond;

  @Option(names = "--reason", paramLabel = "TEXT", description = "Why, for the audit event.")
  private String reason = "";

  @Mixin private final InstancesOptions instances = new InstancesOptions();

  TapCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    TapRequest.Builder request =
        TapRequest.newBuilder()
            .setMethod(method)
            .setFailed(failed)
            .setPerSecond(perSecond)
            .setReason(reason);
    if (slow != null) {
      request.getAtLeastBuilder().setSeconds(slow.getSeconds()).setNanos(slow.getNano());
    }
    List<AdminTarget> targets = instances.open(terminal);
    try (Streams<Call> streams = new Streams<>()) {
      for (AdminTarget target : targets) {
        streams.add(target, target.stream(true).tap(request.build()));
      }
      int exit = ExitCode.OK;
      Streams.Event<Call> event = streams.next();
      while (event != null) {
        Throwable failure = event.failure();
        Call call = event.message();
        if (failure != null) {
          exit = event.from().report(terminal.err(), failure, instances.json());
        } else if (call != null) {
          print(event.from(), call);
        }
        event = streams.next();
      }
      return exit;
    } catch (InterruptedException e) {
      return ExitCode.OK;
    } finally {
      targets.forEach(AdminTarget::close);
    }
  }

  private void print(AdminTarget from, Call call) {
    if (instances.json()) {
      terminal.out().println(from.json(call));
      return;
    }
    terminal.out().println(line(from, call));
    if (call.getLost() > 0) {
      terminal.out().println("    (" + call.getLost() + " more were left out here)");
    }
  }

  /** Returns a call in one line: when it ended, where, which way, what, how, and how long. */
  static String line(AdminTarget from, Call call) {
    double millis = call.getTook().getSeconds() * 1e3 + call.getTook().getNanos() / 1e6;
    boolean served = call.getSide() == Call.Side.SERVER;
    return String.format(
            Locale.ROOT,
            "%s %s %s %s %s %s %.1f ms",
            Times.instant(call.getEnded()),
            from.name(),
            call.getMethod(),
            served ? "from" : "to",
            call.getPeer(),
            call.getCode(),
            millis)
        .replaceAll("\\p{Cntrl}", " ");
  }
}
