package io.fairlead.cli;

import io.fairlead.admin.v1.LogLine;
import io.fairlead.admin.v1.ReadLogsRequest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Shows the log of one instance, or of all instances of a service. */
@Command(
    name = "logs",
    description =
        "Shows the last lines of the log of an instance, or of all instances of a service.")
final class LogsCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Option(
      names = {"-f", "--follow"},
      description = "Goes on with the lines that come, until Ctrl-C.")
  private boolean follow;

  @Option(
      names = "--level",
      paramLabel = "LEVEL",
      description = "TRACE, DEBUG, INFO, WARNING or ERROR: lines of this level and above.")
  private String level = "";

  @Option(
      names = "--logger",
      paramLabel = "NAME",
      description = "Lines of this logger and those below it.")
  private String logger = "";

  @Option(names = "--trace", paramLabel = "ID", description = "Lines of this trace.")
  private String trace = "";

  @Option(
      names = {"-n", "--last"},
      paramLabel = "COUNT",
      description = "How many of the last lines are shown. Default: 100.")
  private int last = 100;

  @Mixin private final InstancesOptions instances = new InstancesOptions();

  LogsCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    if (last < 0) {
      throw new CommandException(ExitCode.USAGE, "--last " + last + " is below 0");
    }
    ReadLogsRequest request =
        ReadLogsRequest.newBuilder()
            .setLevel(level)
            .setLogger(logger)
            .setTraceId(trace)
            .setLast(last)
            .setFollow(follow)
            .build();
    List<AdminTarget> targets = instances.open(terminal);
    try (Streams<LogLine> streams = new Streams<>()) {
      for (AdminTarget target : targets) {
        streams.add(target, target.stream(follow).readLogs(request));
      }
      return show(streams, targets.size() > 1);
    } catch (InterruptedException e) {
      if (follow) {
        return ExitCode.OK;
      }
      throw e;
    } finally {
      targets.forEach(AdminTarget::close);
    }
  }

  /** Writes what comes until all streams have ended; one that fails does not end the others. */
  private int show(Streams<LogLine> streams, boolean named) throws InterruptedException {
    record Line(AdminTarget from, LogLine message) {}
    List<Line> lines = new ArrayList<>();
    int exit = ExitCode.OK;
    Streams.Event<LogLine> event = streams.next();
    while (event != null) {
      LogLine message = event.message();
      Throwable failure = event.failure();
      if (failure != null) {
        exit = event.from().report(terminal.err(), failure, instances.json());
      } else if (message != null && follow) {
        print(event.from(), message, named);
      } else if (message != null) {
        lines.add(new Line(event.from(), message));
      }
      event = streams.next();
    }
    lines.sort(Comparator.comparing(each -> Times.instant(each.message().getAt())));
    lines.stream()
        .skip(Math.max(0, lines.size() - last))
        .forEach(each -> print(each.from(), each.message(), named));
    return exit;
  }

  private void print(AdminTarget from, LogLine line, boolean named) {
    if (instances.json()) {
      terminal.out().println(from.json(line));
      return;
    }
    StringBuilder text = new StringBuilder(Times.instant(line.getAt()).toString());
    text.append(' ').append(line.getLevel());
    if (named) {
      text.append(' ').append(from.name());
    }
    text.append(' ').append(line.getLogger()).append(": ").append(line.getMessage());
    if (!line.getTraceId().isEmpty()) {
      text.append(" [").append(line.getTraceId()).append(']');
    }
    // A message never looks like two lines, and never moves the cursor.
    terminal.out().println(text.toString().replaceAll("\\p{Cntrl}", " "));
    line.getStack()
        .lines()
        .forEach(each -> terminal.out().println("    " + each.replaceAll("\\p{Cntrl}", " ")));
    if (line.getLost() > 0) {
      terminal.out().println("    (" + line.getLost() + " lines were lost here)");
    }
  }
}
