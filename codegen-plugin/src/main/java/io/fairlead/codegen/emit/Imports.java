package io.fairlead.codegen.emit;

import io.fairlead.codegen.names.JavaType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Decides how one file writes each type that it names: by its simple name where that is free, else
 * by the qualified one.
 *
 * <p>A file is written twice. The first time collects its types; then {@link #settle} gives each
 * simple name to one of those that want it.
 */
final class Imports {
  private static final String JAVA_LANG = "java.lang";

  private final String packageName;
  private final Set<String> typesInPackage;
  private final Set<String> hidden;
  private final JavaType declared;
  private final Set<JavaType> used = new LinkedHashSet<>();
  private final Set<JavaType> simple = new HashSet<>();
  private final Set<String> lines = new TreeSet<>();

  /**
   * Names for the file of one type.
   *
   * @param declared the type that the file declares
   * @param typesInPackage simple names that exist in its package
   * @param hidden simple names that mean something else inside the file: nested types, fields and
   *     variables
   */
  Imports(JavaType declared, Set<String> typesInPackage, Set<String> hidden) {
    this.declared = declared;
    this.packageName = declared.packageName();
    this.typesInPackage = typesInPackage;
    this.hidden = hidden;
  }

  /** The type's name in this file. */
  String name(JavaType type) {
    used.add(type);
    return simple.contains(type) ? type.path() : type.qualifiedName();
  }

  /** The import declarations, sorted. */
  Set<String> lines() {
    return lines;
  }

  /** The first segments of the packages that the file writes out; no variable may be called so. */
  Set<String> spelledPackages() {
    Set<String> roots = new HashSet<>();
    for (JavaType type : used) {
      if (!simple.contains(type)) {
        roots.add(root(type));
      }
    }
    return roots;
  }

  /** Gives the simple names away. */
  void settle() {
    Map<String, Map<String, List<JavaType>>> wanted = new TreeMap<>();
    for (JavaType type : used) {
      wanted
          .computeIfAbsent(type.head(), h -> new TreeMap<>())
          .computeIfAbsent(type.importName(), i -> new ArrayList<>())
          .add(type);
    }
    wanted.forEach((head, units) -> settle(head, List.copyOf(units.values()), wanted.keySet()));
  }

  private void settle(String head, List<List<JavaType>> units, Set<String> heads) {
    List<List<JavaType>> order = new ArrayList<>(units);
    order.sort(Comparator.comparingInt(unit -> rank(unit.get(0), heads)));
    int next = 0;
    if (isFree(head, order.get(0).get(0))) {
      simple.addAll(order.get(0));
      addImport(order.get(0).get(0));
      next = 1;
    }
    for (List<JavaType> unit : order.subList(next, order.size())) {
      JavaType type = unit.get(0);
      if (isUnreachable(type, heads)) {
        throw new HiddenNameException(
            "%s needs the type %s, and other names hide it: rename the message or service \"%s\" or \"%s\""
                .formatted(declared.path(), type.qualifiedName(), head, root(type)));
      }
    }
  }

  /** Who cannot do without the simple name comes first, then our own types, then messages. */
  private int rank(JavaType type, Set<String> heads) {
    if (type.equals(declared)) {
      return 0;
    }
    if (isUnreachable(type, heads)) {
      return 1;
    }
    return RuntimeTypes.isOurs(type) ? 2 : 3;
  }

  private boolean isFree(String head, JavaType type) {
    if (type.equals(declared)) {
      return true;
    }
    return !hidden.contains(head) && !head.equals(declared.head());
  }

  private boolean isUnreachable(JavaType type, Set<String> heads) {
    String root = root(type);
    return type.packageName().isEmpty()
        || hidden.contains(root)
        || typesInPackage.contains(root)
        || heads.contains(root);
  }

  private void addImport(JavaType type) {
    boolean visible =
        type.owner().isEmpty()
            && (type.packageName().equals(packageName)
                || (type.packageName().equals(JAVA_LANG) && !typesInPackage.contains(type.head())));
    if (!visible) {
      lines.add(type.importName());
    }
  }

  private static String root(JavaType type) {
    String name = type.packageName().isEmpty() ? type.qualifiedName() : type.packageName();
    int dot = name.indexOf('.');
    return dot < 0 ? name : name.substring(0, dot);
  }
}
