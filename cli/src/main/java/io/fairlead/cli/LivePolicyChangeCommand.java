package io.fairlead.cli;

import com.google.gson.JsonObject;
import io.fairlead.registry.etcd.EtcdPolicies;
import io.fairlead.registry.etcd.PolicyReport;
import io.fairlead.registry.etcd.PolicySet;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** A command that changes the live policies of a service. */
abstract class LivePolicyChangeCommand extends LivePolicyCommand {
  private static final Duration PAUSE = Duration.ofMillis(50);

  @Option(
      names = "--author",
      paramLabel = "NAME",
      description = "Who. Default: FAIRLEAD_AUTHOR, or else USER.")
  private @Nullable String author;

  @Option(
      names = "--wait",
      paramLabel = "TIME",
      converter = Times.Converter.class,
      description = "Waits until all processes apply it, or one refuses it, for at most this long.")
  private @Nullable Duration wait;

  LivePolicyChangeCommand(Terminal terminal) {
    super(terminal);
  }

  /** Returns the service whose set is changed. */
  abstract String service();

  /** Makes the change; returns the set after it. */
  abstract PolicySet change(EtcdPolicies policies, String by, OpenRegistry registry)
      throws InterruptedException;

  /** Returns what could not be checked before the change was made; empty if all was. */
  String unchecked() {
    return "";
  }

  /** Returns what is written if there was nothing to change. */
  String nothing(PolicySet set) {
    return "nothing to change: " + set.service() + " has that at revision " + set.revision();
  }

  @Override
  int run(EtcdPolicies policies, OpenRegistry registry) throws InterruptedException {
    String by = author();
    long before = revision(policies);
    PolicySet after = change(policies, by, registry);
    if (json()) {
      terminal.out().println(json(after));
    } else if (after.revision() == before) {
      terminal.out().println(nothing(after));
    } else {
      terminal
          .out()
          .println(
              after.service()
                  + " is at revision "
                  + after.revision()
                  + " by "
                  + after.author()
                  + ": "
                  + after.change());
    }
    if (!unchecked().isEmpty()) {
      JsonObject warning = new JsonObject();
      warning.addProperty("warning", unchecked());
      terminal.err().println(json() ? warning : "fairlead: " + unchecked());
    }
    return wait == null ? ExitCode.OK : await(policies, after, wait);
  }

  /** Returns the revision before the change. */
  long revision(EtcdPolicies policies) throws InterruptedException {
    return ask(policies.read(service())).revision();
  }

  private String author() {
    return author != null
        ? author
        : terminal
            .variable("FAIRLEAD_AUTHOR")
            .or(() -> terminal.variable("USER"))
            .orElseThrow(
                () ->
                    new CommandException(
                        ExitCode.USAGE,
                        "nobody knows who changes it; give --author or FAIRLEAD_AUTHOR"));
  }

  private int await(EtcdPolicies policies, PolicySet set, Duration limit)
      throws InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    while (true) {
      List<PolicyReport> reports = ask(policies.reports(service()));
      boolean all = reports.stream().allMatch(report -> report.applies(set));
      boolean refused = reports.stream().anyMatch(report -> report.refused() == set.revision());
      if (all || refused || System.nanoTime() - end > 0) {
        String summary = PolicyStatusCommand.summary(set, reports);
        if (all && !json()) {
          terminal.out().println(summary);
        } else if (!all) {
          Failures.print(terminal.err(), summary, ExitCode.UNCONFIRMED, json());
        }
        return all ? ExitCode.OK : ExitCode.UNCONFIRMED;
      }
      Thread.sleep(PAUSE.toMillis());
    }
  }
}
