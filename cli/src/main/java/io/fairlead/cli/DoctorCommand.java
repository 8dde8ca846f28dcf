package io.fairlead.cli;

import com.google.gson.JsonArray;
import io.fairlead.discovery.Endpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Looks for what keeps calls from being served. */
@Command(
    name = "doctor",
    description =
        "Looks at the registry, DNS, addresses, ports, TLS, clocks and versions, and says what to do about"
            + " each fault. It changes nothing.")
final class DoctorCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Parameters(
      arity = "0..1",
      paramLabel = "SERVICE",
      description = "Looks at the instances of this service only. Default: all.")
  private @Nullable String service;

  @Option(names = "--json", description = "Writes JSON.")
  private boolean json;

  @Option(
      names = {"-q", "--quiet"},
      description = "Leaves out what is well.")
  private boolean quiet;

  @Mixin private final AdminOptions options = new AdminOptions();

  DoctorCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    List<Finding> findings = new ArrayList<>();
    findings.add(
        Finding.ok(
            "this program",
            "fairlead " + FairleadCommand.Version.of() + " on Java " + Runtime.version()));
    if (options.registry().uri(terminal).getScheme().equals("etcd")) {
      findings.addAll(new EtcdCheck(terminal, options.registry()).run());
    }
    try (OpenRegistry registry = options.registry().open(terminal)) {
      Map<String, List<Endpoint>> services =
          service == null
              ? registry.all()
              : Map.of(service, registry.endpoints(service).snapshot().endpoints());
      findings.addAll(new ServiceCheck(terminal, options, registry).run(services));
    } catch (CommandException e) {
      findings.add(
          Finding.error(
              "registry",
              String.valueOf(e.getMessage()),
              "mend what is said of it above, or name another one with --registry"));
    }
    print(findings);
    boolean sick = findings.stream().anyMatch(each -> each.level() == Finding.Level.ERROR);
    return sick ? ExitCode.FAILED : ExitCode.OK;
  }

  private void print(List<Finding> findings) {
    List<Finding> shown =
        findings.stream().filter(each -> !quiet || each.level() != Finding.Level.OK).toList();
    if (json) {
      JsonArray array = new JsonArray();
      shown.forEach(each -> array.add(each.json()));
      terminal.out().println(array);
      return;
    }
    shown.forEach(each -> terminal.out().println(each.line()));
    terminal
        .out()
        .println(
            counted(findings, Finding.Level.ERROR, "error")
                + ", "
                + counted(findings, Finding.Level.WARNING, "warning"));
  }

  private static String counted(List<Finding> findings, Finding.Level level, String noun) {
    long count = findings.stream().filter(each -> each.level() == level).count();
    return count + " " + noun + (count == 1 ? "" : "s");
  }
}
