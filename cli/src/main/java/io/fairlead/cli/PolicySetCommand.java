package io.fairlead.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.math.BigDecimal;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Changes what processes do with calls, while they run. */
@Command(
    name = "set",
    description =
        "Changes the policy of a method, a service or all services (\"*\") in the processes that take"
            + " live policies, or the limits of their servers. FIELD=none takes a field out.")
final class PolicySetCommand extends RuleChangeCommand {
  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "FIELD=VALUE",
      description =
          "Such as deadline=300ms, retry.attempts=3 or retry=none; of servers, limits.maxCalls=200.")
  @SuppressWarnings("NullAway.Init") // picocli sets it before it runs
  private List<String> fields;

  PolicySetCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  JsonObject patch() {
    return patch(fields);
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
    if (name.equals("tag") || name.equals("value")) {
      // Of a route: a version may look like a number.
      return new JsonPrimitive(text);
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
