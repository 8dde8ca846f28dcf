package io.fairlead.cli;

import io.fairlead.RpcException;
import io.fairlead.admin.v1.Call;
import io.fairlead.admin.v1.TapRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Shows the busiest methods or instances, again and again. */
@Command(
    name = "top",
    description = {
      "Shows the methods of an instance, or of all instances of a service: calls and failures a second, and"
          + " how long calls took. It goes on until Ctrl-C.",
      "It counts calls as they end, through the admin services."
    })
final class TopCommand implements Callable<Integer> {
  private static final int MOST_CALLS_PER_SECOND = 1000;

  /** The cursor goes to the upper left corner, and what is below it goes away. */
  private static final String CLEAR = "\033[H\033[J";

  private final Terminal terminal;

  @Mixin private final InstancesOptions instances = new InstancesOptions();

  @Option(
      names = "--by",
      paramLabel = "WHAT",
      converter = ByConverter.class,
      description = "method or instance. Default: method.")
  private TopTable.By by = TopTable.By.METHOD;

  @Option(
      names = "--sort",
      paramLabel = "KEY",
      converter = SortConverter.class,
      description = "rate, errors, p50, p99, inflight (of instances) or name. Default: rate.")
  private TopTable.Sort sort = TopTable.Sort.RATE;

  @Option(
      names = "--interval",
      paramLabel = "TIME",
      converter = Times.Converter.class,
      description = "Over which time calls are counted. Default: 2s.")
  private Duration interval = Duration.ofSeconds(2);

  @Option(names = "--rows", paramLabel = "COUNT", description = "The most rows. Default: 20.")
  private int rows = 20;

  @Option(names = "--once", description = "Ends after the first table.")
  private boolean once;

  @Option(names = "--reason", paramLabel = "TEXT", description = "Why, for the audit event.")
  private String reason = "";

  TopCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    if (rows < 1) {
      throw new CommandException(ExitCode.USAGE, "--rows " + rows + " is below 1");
    }
    if (sort == TopTable.Sort.INFLIGHT && by == TopTable.By.METHOD) {
      throw new CommandException(
          ExitCode.USAGE, "--sort inflight needs --by instance: methods do not count it");
    }
    TapRequest request =
        TapRequest.newBuilder().setPerSecond(MOST_CALLS_PER_SECOND).setReason(reason).build();
    List<AdminTarget> targets = instances.open(terminal);
    try (Streams<Call> streams = new Streams<>()) {
      for (AdminTarget target : targets) {
        streams.add(target, target.stream(true).tap(request));
      }
      return show(new ArrayList<>(targets), streams);
    } catch (InterruptedException e) {
      return ExitCode.OK;
    } finally {
      targets.forEach(AdminTarget::close);
    }
  }

  /**
   * Writes a table at the end of each interval, until no process is left.
   *
   * @param answering those whose stream has not ended
   */
  private int show(List<AdminTarget> answering, Streams<Call> streams) throws InterruptedException {
    int exit = ExitCode.OK;
    while (streams.isOpen()) {
      TopTable table = new TopTable(by, interval);
      long end = System.nanoTime() + interval.toNanos();
      long left = interval.toNanos();
      while (left > 0 && streams.isOpen()) {
        Streams.Event<Call> event = streams.poll(left);
        if (event != null) {
          Call call = event.message();
          Throwable failure = event.failure();
          if (call != null) {
            table.add(event.from().name(), call);
          } else {
            answering.remove(event.from());
            if (failure != null) {
              exit = event.from().report(terminal.err(), failure, instances.json());
            }
          }
        }
        left = end - System.nanoTime();
      }
      if (answering.isEmpty()) {
        return exit;
      }
      answering.forEach(target -> countInFlight(target, table));
      print(table);
      if (once) {
        return exit;
      }
    }
    return exit;
  }

  private static void countInFlight(AdminTarget target, TopTable table) {
    try {
      table.inFlight(target.name(), target.state().getCallsInFlight());
    } catch (CommandException | RpcException e) {
      // Its stream ends too, and says why.
      table.inFlightUnknown(target.name());
    }
  }

  private void print(TopTable table) {
    if (instances.json()) {
      terminal.out().println(table.json(instances.name(), sort));
      return;
    }
    StringBuilder text = new StringBuilder(terminal.interactive() && !once ? CLEAR : "");
    table
        .lines(instances.name(), sort, rows)
        .forEach(line -> text.append(line).append(System.lineSeparator()));
    if (!terminal.interactive() && !once) {
      text.append(System.lineSeparator());
    }
    // In one piece, so that a terminal does not show half of it.
    terminal.out().print(text);
    terminal.out().flush();
  }

  /** Reads a word in any case, and corrects typos. */
  private abstract static class WordConverter<E extends Enum<E>> implements ITypeConverter<E> {
    private final Class<E> type;

    WordConverter(Class<E> type) {
      this.type = type;
    }

    @Override
    public E convert(String text) {
      List<String> known =
          Arrays.stream(type.getEnumConstants())
              .map(each -> each.name().toLowerCase(Locale.ROOT))
              .toList();
      String word = text.toLowerCase(Locale.ROOT);
      if (!known.contains(word)) {
        throw new TypeConversionException(
            "\"" + text + "\" is not known" + Suggestions.forName(text, known));
      }
      return Enum.valueOf(type, word.toUpperCase(Locale.ROOT));
    }
  }

  /** Reads {@code method} or {@code instance}. */
  static final class ByConverter extends WordConverter<TopTable.By> {
    ByConverter() {
      super(TopTable.By.class);
    }
  }

  /** Reads what rows are sorted by. */
  static final class SortConverter extends WordConverter<TopTable.Sort> {
    SortConverter() {
      super(TopTable.Sort.class);
    }
  }
}
