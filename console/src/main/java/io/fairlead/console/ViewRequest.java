package io.fairlead.console;

import io.fairlead.management.WebException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * What a view is asked.
 *
 * @param argument the part of the path behind the view's name; empty without one
 * @param parameters of the query, by name
 */
record ViewRequest(
    String argument,
    Function<String, Optional<String>> parameters,
    Viewer viewer,
    FleetState fleet,
    Processes processes) {
  /** How long a process may take for a question of one view. */
  static final Duration LIMIT = Duration.ofSeconds(2);

  /** A view asks so many processes at once. */
  static final int MOST_ASKED = 500;

  String parameter(String name) {
    return parameters.apply(name).orElse("").strip();
  }

  /** Returns how many rows are wanted. */
  int limit(int otherwise) {
    String text = parameter("limit");
    if (text.isEmpty()) {
      return otherwise;
    }
    if (!text.matches("[0-9]{1,6}")) {
      throw new WebException(400, "the limit \"" + text + "\" is not a number of rows");
    }
    return Integer.parseInt(text);
  }

  /**
   * Returns the processes that are asked: the one that the parameter {@code process} names, or else
   * those that answer, {@value #MOST_ASKED} at most. No address comes from the request itself.
   */
  Collection<String> addresses() {
    String wanted = parameter("process");
    if (!wanted.isEmpty()) {
      return List.of(instance(wanted).address());
    }
    return fleet.processes().values().stream()
        .filter(each -> each.problem() == null)
        .map(ProcessReport::address)
        .limit(MOST_ASKED)
        .toList();
  }

  /** Returns a list for the problems of a view, which begins with those that are not asked. */
  List<Problem> problems() {
    List<Problem> problems = new ArrayList<>();
    int count = fleet.processes().size();
    if (count > MOST_ASKED && parameter("process").isEmpty()) {
      problems.add(
          new Problem(
              503,
              "only %d of %d processes are asked; name one with process=NAME"
                  .formatted(MOST_ASKED, count)));
    }
    return problems;
  }

  /** Returns the process of that name, or says which there are. */
  FleetState.Instance instance(String name) {
    return fleet
        .find(name)
        .orElseThrow(
            () ->
                new WebException(
                    404,
                    "no process \""
                        + name
                        + "\" is known here; name it by its address, or by service/id; there is "
                        + listed(fleet.processes().keySet())));
  }

  /** Returns the first names, and how many more there are. */
  static String listed(Collection<String> names) {
    if (names.isEmpty()) {
      return "none";
    }
    List<String> first = names.stream().limit(10).toList();
    int more = names.size() - first.size();
    return String.join(", ", first) + (more > 0 ? " and " + more + " more" : "");
  }

  /** Returns the name of a process for people: service/id, or else its address. */
  String nameOf(String address) {
    ProcessReport report = fleet.processes().get(address);
    if (report != null) {
      for (var server : report.servers()) {
        if (!server.getRegistration().getId().isEmpty()) {
          return server.getRegistration().getService() + "/" + server.getRegistration().getId();
        }
      }
    }
    return address;
  }
}
