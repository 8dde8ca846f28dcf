package io.fairlead.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.fairlead.registry.etcd.EtcdPolicies;
import io.fairlead.registry.etcd.PolicyReport;
import io.fairlead.registry.etcd.PolicyRule;
import io.fairlead.registry.etcd.PolicySet;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows what is set, and which processes apply it. */
@Command(
    name = "status",
    description = "Shows the live policies of a service, and which processes apply them.")
final class PolicyStatusCommand extends LivePolicyCommand {
  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "SERVICE",
      description = "A service of a contract, or \"*\". Default: a line for each that has some.")
  private @Nullable String service;

  @Option(names = "--all", description = "Shows the processes that apply it too.")
  private boolean all;

  PolicyStatusCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  int run(EtcdPolicies policies, OpenRegistry registry) throws InterruptedException {
    if (service == null) {
      return overview(policies);
    }
    PolicySet set = set(policies, service);
    List<PolicyReport> reports = ask(policies.reports(service));
    if (json()) {
      terminal.out().println(json(set, reports));
    } else {
      print(set, reports);
    }
    return applied(set, reports) == reports.size() ? ExitCode.OK : ExitCode.UNCONFIRMED;
  }

  private int overview(EtcdPolicies policies) throws InterruptedException {
    Table table = new Table("SERVICE", "REVISION", "BY", "AT", "RULES", "EMERGENCIES", "APPLIED");
    JsonArray array = new JsonArray();
    boolean complete = true;
    for (String each : ask(policies.services())) {
      PolicySet set = ask(policies.read(each));
      List<PolicyReport> reports = ask(policies.reports(each));
      long applied = applied(set, reports);
      complete &= applied == reports.size();
      table.add(
          each,
          set.revision(),
          set.author(),
          time(set.at()),
          set.rules().size(),
          set.emergencies().size(),
          applied + " of " + reports.size());
      array.add(json(set, reports));
    }
    if (json()) {
      terminal.out().println(array);
    } else if (array.isEmpty()) {
      terminal.out().println("no live policies");
    } else {
      table.print(terminal.out());
    }
    return complete ? ExitCode.OK : ExitCode.UNCONFIRMED;
  }

  private static long applied(PolicySet set, List<PolicyReport> reports) {
    return reports.stream().filter(report -> report.applies(set)).count();
  }

  private void print(PolicySet set, List<PolicyReport> reports) {
    terminal
        .out()
        .println(
            set.service()
                + " is at revision "
                + set.revision()
                + " by "
                + set.author()
                + " of "
                + time(set.at())
                + " ("
                + set.reason()
                + ")");
    rules(set);
    terminal.out().println(summary(set, reports));
    Table table = new Table("ID", "CALLER", "ZONE", "VERSION", "REVISION", "RULES", "SAYS");
    int rows = 0;
    for (PolicyReport report : reports) {
      if (all || !report.applies(set)) {
        rows++;
        table.add(
            report.id(),
            orDash(report.caller()),
            orDash(report.zone()),
            orDash(report.version()),
            report.revision(),
            report.rules(),
            says(report, set));
      }
    }
    if (rows > 0) {
      table.print(terminal.out());
    }
  }

  private void rules(PolicySet set) {
    List<PolicyRule> rules = new ArrayList<>(set.emergencies());
    rules.addAll(set.rules());
    if (rules.isEmpty()) {
      terminal.out().println("it has no rules");
      return;
    }
    Table table = new Table("FOR", "POLICY", "REVISION", "BY", "UNTIL");
    for (PolicyRule rule : rules) {
      table.add(
          rule.target(),
          rule.stated(),
          rule.revision(),
          rule.author(),
          rule.until().map(LivePolicyCommand::time).orElse("-"));
    }
    table.print(terminal.out());
  }

  /** Returns {@code 97 of 100 processes apply revision 12; 3 refuse it: …}. */
  static String summary(PolicySet set, List<PolicyReport> reports) {
    if (reports.isEmpty()) {
      return "no process takes live policies from this etcd";
    }
    long applied = applied(set, reports);
    StringBuilder text = new StringBuilder();
    text.append(applied).append(" of ").append(reports.size());
    text.append(reports.size() == 1 ? " process applies" : " processes apply");
    text.append(" revision ").append(set.revision());
    Map<String, Integer> reasons = new TreeMap<>();
    int behind = 0;
    for (PolicyReport report : reports) {
      if (report.refused() > 0) {
        reasons.merge(report.reason(), 1, Integer::sum);
      } else if (!report.applies(set)) {
        behind++;
      }
    }
    reasons.forEach(
        (reason, count) ->
            text.append("; ")
                .append(count)
                .append(count == 1 ? " refuses it: " : " refuse it: ")
                .append(reason));
    if (behind > 0) {
      text.append("; ").append(behind).append(behind == 1 ? " has" : " have");
      text.append(" another revision");
    }
    return text.toString();
  }

  private static String says(PolicyReport report, PolicySet set) {
    if (report.refused() > 0) {
      return "refuses revision " + report.refused();
    }
    if (!report.reason().isEmpty()) {
      return report.reason();
    }
    return report.applies(set) ? "applies it" : "has not taken it yet";
  }

  private static String orDash(String text) {
    return text.isEmpty() ? "-" : text;
  }

  private static JsonObject json(PolicySet set, List<PolicyReport> reports) {
    JsonObject object = json(set);
    object.addProperty("applied", applied(set, reports));
    object.addProperty("processes", reports.size());
    JsonArray array = new JsonArray();
    for (PolicyReport report : reports) {
      JsonObject one = new JsonObject();
      one.addProperty("id", report.id());
      one.addProperty("caller", report.caller());
      one.addProperty("zone", report.zone());
      one.addProperty("version", report.version());
      one.addProperty("revision", report.revision());
      one.addProperty("rules", report.rules());
      one.addProperty("refused", report.refused());
      one.addProperty("reason", report.reason());
      array.add(one);
    }
    object.add("reports", array);
    return object;
  }
}
