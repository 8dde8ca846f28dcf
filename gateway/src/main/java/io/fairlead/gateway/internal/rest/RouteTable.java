package io.fairlead.gateway.internal.rest;

import com.google.api.AnnotationsProto;
import com.google.api.HttpRule;
import com.google.protobuf.DescriptorProtos.MethodOptions;
import com.google.protobuf.ExtensionRegistry;
import com.google.protobuf.InvalidProtocolBufferException;
import io.fairlead.gateway.internal.call.ServedMethod;
import io.fairlead.options.HttpPath;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * All routes of a server, as a tree of segments. A literal is preferred to {@code *}, and that to
 * {@code **}; a route of the verb to one of any verb. Immutable after its constructor.
 */
final class RouteTable {
  private static final String ANY = "*";

  private final Node root = new Node();
  private final List<Route> all = new ArrayList<>();

  /** The custom verbs of all routes. Only these end a path at a colon; others are a value's. */
  private final Set<String> verbs = new HashSet<>();

  private static final class Node {
    final Map<String, Node> literals = new HashMap<>();
    @Nullable Node one;
    @Nullable Node rest;

    /** By custom verb, then by verb of HTTP. */
    final Map<String, Map<String, Route>> routes = new LinkedHashMap<>();
  }

  /**
   * What a path leads to.
   *
   * @param route null if there is none for the verb
   * @param segments of the path, without the custom verb
   * @param allowed the verbs of this path; empty if nothing is there
   */
  record Match(@Nullable Route route, List<String> segments, Set<String> allowed) {}

  /**
   * Collects the routes of all methods.
   *
   * @param refused takes what is wrong with a rule; if it returns, the rule is left out
   */
  RouteTable(Iterable<ServedMethod> methods, Consumer<IllegalStateException> refused) {
    ExtensionRegistry registry = ExtensionRegistry.newInstance();
    AnnotationsProto.registerAllExtensions(registry);
    for (ServedMethod method : methods) {
      try {
        // Read anew: the application may not have had the extension when it read its contract.
        MethodOptions options =
            MethodOptions.parseFrom(method.schema().getOptions().toByteString(), registry);
        if (options.hasExtension(AnnotationsProto.http)) {
          HttpRule rule = options.getExtension(AnnotationsProto.http);
          add(method, rule, refused);
          rule.getAdditionalBindingsList().forEach(each -> add(method, each, refused));
        }
      } catch (InvalidProtocolBufferException e) {
        refused.accept(
            new IllegalStateException("the options of " + method.name() + " cannot be read", e));
      }
    }
  }

  private void add(ServedMethod method, HttpRule rule, Consumer<IllegalStateException> refused) {
    try {
      add(Route.of(method, rule));
    } catch (IllegalStateException e) {
      refused.accept(e);
    }
  }

  private void add(Route route) {
    Node node = root;
    for (String segment : route.path().segments()) {
      node = child(node, segment);
    }
    verbs.add(route.path().verb());
    Route before =
        node.routes
            .computeIfAbsent(route.path().verb(), any -> new LinkedHashMap<>())
            .putIfAbsent(route.verb(), route);
    if (before != null) {
      throw new IllegalStateException(
          before.method().name()
              + " and "
              + route.method().name()
              + " have the same route "
              + route.verb()
              + " /"
              + String.join("/", route.path().segments())
              + (route.path().verb().isEmpty() ? "" : ":" + route.path().verb())
              + "; change one of them");
    }
    all.add(route);
  }

  private static Node child(Node node, String segment) {
    if (segment.equals(HttpPath.ONE)) {
      Node one = node.one;
      if (one == null) {
        one = new Node();
        node.one = one;
      }
      return one;
    }
    if (segment.equals(HttpPath.REST)) {
      Node rest = node.rest;
      if (rest == null) {
        rest = new Node();
        node.rest = rest;
      }
      return rest;
    }
    return node.literals.computeIfAbsent(segment, any -> new Node());
  }

  /** Returns all routes, in the order of the contracts. */
  List<Route> all() {
    return List.copyOf(all);
  }

  /** Finds the route of a verb and a path that is still escaped; null if nothing is at the path. */
  @Nullable Match find(String httpVerb, String path) {
    if (!path.startsWith("/")) {
      return null;
    }
    Set<String> allowed = new TreeSet<>();
    String below = path.substring(1);
    int colon = below.lastIndexOf(':');
    if (colon > below.lastIndexOf('/') && verbs.contains(below.substring(colon + 1))) {
      Match match = find(httpVerb, below.substring(0, colon), below.substring(colon + 1), allowed);
      if (match != null) {
        return match;
      }
    }
    Match match = find(httpVerb, below, "", allowed);
    if (match != null) {
      return match;
    }
    return allowed.isEmpty() ? null : new Match(null, List.of(), allowed);
  }

  private @Nullable Match find(String httpVerb, String below, String verb, Set<String> allowed) {
    List<String> segments = below.isEmpty() ? List.of() : List.of(below.split("/", -1));
    List<Map<String, Route>> found = new ArrayList<>();
    collect(root, segments, 0, verb, found);
    for (Map<String, Route> routes : found) {
      Route route = routes.get(httpVerb);
      if (route == null) {
        route = routes.get(ANY);
      }
      if (route != null) {
        return new Match(route, segments, Set.of());
      }
      allowed.addAll(routes.keySet());
    }
    return null;
  }

  /** Collects what the segments lead to, the preferred first. */
  private static void collect(
      Node node, List<String> segments, int at, String verb, List<Map<String, Route>> found) {
    if (at == segments.size()) {
      addRoutes(node, verb, found);
      if (node.rest != null) {
        collect(node.rest, segments, at, verb, found);
      }
      return;
    }
    String segment = segments.get(at);
    Node literal = node.literals.get(segment);
    if (literal == null && segment.indexOf('%') >= 0) {
      literal = node.literals.get(Escapes.decode(segment, true));
    }
    if (literal != null) {
      collect(literal, segments, at + 1, verb, found);
    }
    if (node.one != null && !segment.isEmpty()) {
      collect(node.one, segments, at + 1, verb, found);
    }
    if (node.rest != null) {
      // It takes as much as it can: what stands behind it is as short as its template.
      for (int end = segments.size(); end >= at; end--) {
        collect(node.rest, segments, end, verb, found);
      }
    }
  }

  private static void addRoutes(Node node, String verb, List<Map<String, Route>> found) {
    Map<String, Route> routes = node.routes.get(verb);
    if (routes != null) {
      found.add(routes);
    }
  }

  boolean isEmpty() {
    return verbs.isEmpty();
  }
}
