package io.fairlead.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import io.fairlead.registry.etcd.EtcdPolicies;
import io.fairlead.registry.etcd.PolicyChange;
import io.fairlead.registry.etcd.PolicySet;
import io.fairlead.registry.etcd.PolicyTarget;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Changes what processes do with calls, while they run. */
@Command(
    name = "set",
    description =
        "Changes the policy of a method, a service or all services (\"*\") in the processes that take"
            + " live policies. FIELD=none takes a field out.")
final class PolicySetCommand extends LivePolicyChangeCommand {
  @Parameters(
      index = "0",
      paramLabel = "NAME",
      description = "A full method name, a service of a contract, or \"*\".")
  @SuppressWarnings("NullAway.Init") // picocli sets it before it runs
  private String name;

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "FIELD=VALUE",
      description = "Such as deadline=300ms, retry.attempts=3 or retry=none.")
  @SuppressWarnings("NullAway.Init") // picocli sets it before it runs
  private List<String> fields;

  @Option(names = "--caller", paramLabel = "NAME", description = "Only for calls of this caller.")
  private String caller = "";

  @Option(names = "--zone", paramLabel = "ZONE", description = "Only in processes of this zone.")
  private String zone = "";

  @Option(
      names = "--of-version",
      paramLabel = "VERSION",
      description = "Only in processes of this version.")
  private String version = "";

  @Option(
      names = "--percent",
      paramLabel = "N",
      description = "Only in this share of the processes; it is always the same ones.")
  private int percent = 100;

  @Option(
      names = "--for",
      paramLabel = "TIME",
      converter = Times.Converter.class,
      description =
          "Makes it an emergency rule, which wins over all others and ends by itself after this time.")
  private @Nullable Duration lasting;

  @Option(
      names = "--expect",
      paramLabel = "REVISION",
      description = "Refuses the change if the service is at another revision.")
  private @Nullable Long expected;

  @Option(
      names = "--reason",
      required = true,
      paramLabel = "TEXT",
      description = "Why, for the history.")
  @SuppressWarnings("NullAway.Init") // picocli sets it before it runs
  private String reason;

  PolicySetCommand(Terminal terminal) {
    super(terminal);
  }

  private PolicyTarget target() {
    return new PolicyTarget(name, caller, zone, version, percent);
  }

  @Override
  String service() {
    return target().service();
  }

  @Override
  PolicySet change(EtcdPolicies policies, String by) throws InterruptedException {
    PolicyChange.Builder change =
        PolicyChange.builder(target()).patch(patch(fields).toString()).author(by).reason(reason);
    if (lasting != null) {
      change.lasting(lasting);
    }
    if (expected != null) {
      change.expectedRevision(expected);
    }
    return ask(policies.change(change.build()));
  }

  /** Reads {@code retry.attempts=3} and its like as one object of JSON. */
  static JsonObject patch(List<String> fields) {
    JsonObject patch = new JsonObject();
    for (String field : fields) {
      int equals = field.indexOf('=');
      if (equals <= 0) {
        throw new CommandException(
            ExitCode.USAGE,
            "\"" + field + "\" is not of the form FIELD=VALUE; write it like deadline=300ms");
      }
      String[] path = field.substring(0, equals).split("\\.", -1);
      JsonObject at = patch;
      for (int i = 0; i < path.length - 1; i++) {
        if (!(at.get(path[i]) instanceof JsonObject)) {
          at.add(path[i], new JsonObject());
        }
        at = at.getAsJsonObject(path[i]);
      }
      String last = path[path.length - 1];
      at.add(last, value(field, last, field.substring(equals + 1)));
    }
    return patch;
  }

  private static JsonElement value(String field, String name, String text) {
    if (text.equals("none")) {
      return JsonNull.INSTANCE;
    }
    if (text.startsWith("{") || text.startsWith("[")) {
      try {
        return JsonParser.parseString(text);
      } catch (JsonParseException e) {
        throw new CommandException(ExitCode.USAGE, "the value of " + field + " is not JSON");
      }
    }
    if (name.equals("codes")) {
      JsonArray codes = new JsonArray();
      for (String code : text.split(",", -1)) {
        codes.add(code.trim());
      }
      return codes;
    }
    if (text.equals("true") || text.equals("false")) {
      return new JsonPrimitive(Boolean.valueOf(text));
    }
    return text.matches("-?\\d+(\\.\\d+)?")
        ? new JsonPrimitive(new BigDecimal(text))
        : new JsonPrimitive(text);
  }
}
