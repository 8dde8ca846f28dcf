package io.fairlead.cli;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.math.BigDecimal;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Sends a share of the calls to some endpoints, by a rule of live policy. */
@Command(
    name = "route",
    description =
        "Sends a share of the calls of a service or a method to the endpoints with a tag, such as those"
            + " of a new version, and the others elsewhere; by live policy, in the processes that take"
            + " it.")
final class RouteCommand extends RuleChangeCommand {
  private static final String OFF = "off";
  private static final Pattern PERCENT = Pattern.compile("(\\d{1,3}(?:\\.\\d{1,4})?)%?");

  @Parameters(
      index = "1",
      paramLabel = "TAG=VALUE",
      description =
          "The endpoints: version=2.0, zone=north, id=inventory-3, or a tag of the registry; \"off\""
              + " ends the route.")
  @SuppressWarnings("NullAway.Init") // picocli sets it before it runs
  private String endpoints;

  @Parameters(
      index = "2",
      arity = "0..1",
      paramLabel = "PERCENT",
      description = "Their share of the calls: 0% to 100%; at 0% they get none.")
  private @Nullable String percent;

  RouteCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  JsonObject patch() {
    JsonObject patch = new JsonObject();
    if (endpoints.equals(OFF)) {
      if (percent != null) {
        throw new CommandException(
            ExitCode.USAGE, "a route that is off has no share; leave it out");
      }
      patch.add("route", JsonNull.INSTANCE);
      return patch;
    }
    int equals = endpoints.indexOf('=');
    if (equals <= 0 || equals == endpoints.length() - 1) {
      throw new CommandException(
          ExitCode.USAGE,
          "\""
              + endpoints
              + "\" is not of the form TAG=VALUE; write it like version=2.0, or \"off\"");
    }
    if (percent == null) {
      throw new CommandException(
          ExitCode.USAGE, "the share of the calls is missing; write it like " + endpoints + " 10%");
    }
    Matcher share = PERCENT.matcher(percent);
    if (!share.matches()) {
      throw new CommandException(
          ExitCode.USAGE,
          "\"" + percent + "\" is no share of the calls; write it like 10% or 0.5%");
    }
    JsonObject route = new JsonObject();
    route.addProperty("tag", endpoints.substring(0, equals));
    route.addProperty("value", endpoints.substring(equals + 1));
    route.addProperty("percent", new BigDecimal(share.group(1)));
    patch.add("route", route);
    return patch;
  }
}
