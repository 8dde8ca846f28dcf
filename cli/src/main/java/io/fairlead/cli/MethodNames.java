package io.fairlead.cli;

import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Finds the method that a name means: with its package, with its service, or alone. */
final class MethodNames {
  private MethodNames() {}

  static MethodDescriptor find(Collection<ServiceDescriptor> services, String name) {
    List<MethodDescriptor> matches = new ArrayList<>();
    List<String> full = new ArrayList<>();
    List<String> known = new ArrayList<>();
    for (ServiceDescriptor service : services) {
      for (MethodDescriptor method : service.getMethods()) {
        String fullName = service.getFullName() + "/" + method.getName();
        String shortName = service.getName() + "/" + method.getName();
        full.add(fullName);
        known.addAll(List.of(method.getName(), shortName));
        if (name.equals(fullName)
            || name.equals(service.getFullName() + "." + method.getName())
            || name.equals(shortName)
            || name.equals(method.getName())) {
          matches.add(method);
        }
      }
    }
    if (matches.size() == 1) {
      return matches.get(0);
    }
    if (matches.size() > 1) {
      throw new CommandException(
          ExitCode.USAGE,
          "\""
              + name
              + "\" is the name of several methods; write one of "
              + String.join(
                  ", ",
                  matches.stream()
                      .map(each -> each.getService().getFullName() + "/" + each.getName())
                      .toList()));
    }
    List<String> candidates = new ArrayList<>(full);
    candidates.addAll(known);
    String meant = Suggestions.forTypo(name, candidates);
    throw new CommandException(
        ExitCode.NOT_FOUND,
        "no method \"" + name + "\"" + (meant.isEmpty() ? Suggestions.forName(name, full) : meant));
  }
}
