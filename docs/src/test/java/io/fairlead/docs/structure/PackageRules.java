package io.fairlead.docs.structure;

import static java.util.Comparator.comparing;
import static java.util.function.Predicate.not;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.FieldNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.RecordComponentNode;

/** The rules of packages. Each returns what breaks it, in words; nothing means that it holds. */
final class PackageRules {
  private static final int OPEN = Opcodes.ACC_PUBLIC | Opcodes.ACC_PROTECTED;

  private final CodeBase code;

  PackageRules(CodeBase code) {
    this.code = code;
  }

  /**
   * Packages that know each other: the shortest circle through each reference that is part of one.
   */
  List<String> circles() {
    Map<String, Map<String, Set<String>>> references = references();
    Set<List<String>> circles = new HashSet<>();
    references.forEach(
        (from, targets) -> {
          for (String to : targets.keySet()) {
            List<String> back = path(references, to, from);
            if (!back.isEmpty()) {
              Collections.rotate(back, -back.indexOf(Collections.min(back)));
              circles.add(back);
            }
          }
        });
    return circles.stream()
        .sorted(comparing(List<String>::size).thenComparing(Object::toString))
        .map(circle -> describe(circle, references))
        .toList();
  }

  /** From package to package to the classes that make the reference, "A -> B". */
  private Map<String, Map<String, Set<String>>> references() {
    Map<String, Map<String, Set<String>>> references = new TreeMap<>();
    for (ClassFile from : code.files()) {
      for (String type : from.types()) {
        ClassFile to = code.file(type);
        if (to != null && !to.packageName().equals(from.packageName())) {
          references
              .computeIfAbsent(from.packageName(), any -> new TreeMap<>())
              .computeIfAbsent(to.packageName(), any -> new TreeSet<>())
              .add(simpleName(from) + " -> " + simpleName(to));
        }
      }
    }
    return references;
  }

  /** The shortest way from one package to another, both included; empty where there is none. */
  private static List<String> path(
      Map<String, Map<String, Set<String>>> references, String from, String to) {
    Map<String, String> cameFrom = new HashMap<>(Map.of(from, from));
    Deque<String> next = new ArrayDeque<>(List.of(from));
    while (!cameFrom.containsKey(to) && !next.isEmpty()) {
      String here = next.remove();
      for (String there : references.getOrDefault(here, Map.of()).keySet()) {
        if (cameFrom.putIfAbsent(there, here) == null) {
          next.add(there);
        }
      }
    }
    List<String> path = new ArrayList<>();
    if (cameFrom.containsKey(to)) {
      path.add(to);
      while (!path.get(0).equals(from)) {
        path.add(0, cameFrom.get(path.get(0)));
      }
    }
    return path;
  }

  private static String describe(
      List<String> circle, Map<String, Map<String, Set<String>>> references) {
    StringBuilder text = new StringBuilder(String.join(" -> ", circle));
    text.append(" -> ").append(circle.get(0));
    for (int i = 0; i < circle.size(); i++) {
      String from = circle.get(i);
      String to = circle.get((i + 1) % circle.size());
      Set<String> made = references.getOrDefault(from, Map.of()).getOrDefault(to, Set.of());
      text.append("\n    ").append(from).append(" -> ").append(to).append(": ");
      text.append(made.size()).append(made.size() == 1 ? " reference, " : " references, such as ");
      text.append(made.iterator().next());
    }
    return text.toString();
  }

  private static String simpleName(ClassFile file) {
    String name = file.name().substring(file.name().lastIndexOf('/') + 1);
    return name.contains("$") ? name.substring(0, name.indexOf('$')) : name;
  }

  /** Types for us alone that a public or protected signature outside names. */
  List<String> internalTypesInSignatures() {
    Set<String> open = new TreeSet<>();
    for (ClassFile file : code.files()) {
      if (code.isApi(file)) {
        // What a public type inherits from one that is not public is seen as well.
        open.addAll(code.lineage(file.name()));
      }
    }
    List<String> broken = new ArrayList<>();
    for (ClassFile file : code.files()) {
      if (open.contains(file.name()) && !file.isInternal()) {
        ClassNode type = file.declared();
        ClassFile.Names head = new ClassFile.Names();
        head.mapSignature(type.signature, false);
        head.map(type.superName);
        type.interfaces.forEach(head::map);
        report(head, "The head of " + text(type.name), broken);
        for (FieldNode field : type.fields) {
          if (isReachable(field.access, type)) {
            ClassFile.Names names = new ClassFile.Names();
            names.mapDesc(field.desc);
            names.mapSignature(field.signature, true);
            report(names, text(type.name) + "." + field.name, broken);
          }
        }
        for (MethodNode method : type.methods) {
          if (isReachable(method.access, type)) {
            ClassFile.Names names = new ClassFile.Names();
            names.mapMethodDesc(method.desc);
            names.mapSignature(method.signature, false);
            method.exceptions.forEach(names::map);
            report(names, text(type.name, method), broken);
          }
        }
      }
    }
    return broken;
  }

  private static boolean isReachable(int access, ClassNode owner) {
    int open = (owner.access & Opcodes.ACC_FINAL) != 0 ? Opcodes.ACC_PUBLIC : OPEN;
    return (access & open) != 0 && (access & Opcodes.ACC_SYNTHETIC) == 0;
  }

  private static void report(ClassFile.Names names, String where, List<String> broken) {
    for (String type : names.types) {
      if (ClassFile.isInternal(ClassFile.packageOf(type))) {
        broken.add(where + " names " + text(type));
      }
    }
  }

  /** Public types for us alone that no other package uses: they need not be public. */
  List<String> unusedTypes() {
    Set<String> used = new HashSet<>();
    for (ClassFile file : code.files()) {
      for (String type : file.types()) {
        if (!file.packageName().equals(ClassFile.packageOf(type))) {
          used.add(type);
        }
      }
    }
    return code.files().stream()
        .filter(this::isPublicInternal)
        .map(ClassFile::declared)
        .filter(type -> !used.contains(type.name) && !isForced(type))
        .map(type -> text(type.name))
        .toList();
  }

  private boolean isPublicInternal(ClassFile file) {
    return file.isInternal()
        && code.isVisible(file, Opcodes.ACC_PUBLIC)
        && !code.isService(file.name())
        && !code.isGenerated(file);
  }

  /** Public without a choice, or used in a way that class files do not show. */
  private boolean isForced(ClassNode type) {
    ClassFile file = code.file(type.name);
    ClassFile outer = file == null ? null : code.outer(file);
    return (outer != null && outer.is(Opcodes.ACC_INTERFACE))
        || type.fields.stream().anyMatch(PackageRules::isInlined)
        || type.methods.stream().anyMatch(PackageRules::isMain);
  }

  /** The compiler copies a constant into the code that uses it. */
  private static boolean isInlined(FieldNode field) {
    return field.value != null && (field.access & Opcodes.ACC_PUBLIC) != 0;
  }

  private static boolean isMain(MethodNode method) {
    return method.name.equals("main") && method.desc.equals("([Ljava/lang/String;)V");
  }

  /** Public members of public types for us alone that no other package uses. */
  List<String> unusedMembers() {
    Set<ClassFile.Member> used = new HashSet<>();
    for (ClassFile file : code.files()) {
      for (ClassFile.Member member : file.members()) {
        for (ClassFile.Member found : resolve(member)) {
          if (!file.packageName().equals(ClassFile.packageOf(found.owner()))) {
            used.add(found);
          }
        }
      }
    }
    List<String> unused = new ArrayList<>();
    for (ClassFile file : code.files()) {
      if (isPublicInternal(file) && !file.is(Opcodes.ACC_INTERFACE)) {
        ClassNode type = file.declared();
        for (FieldNode field : type.fields) {
          if (isPublic(field.access)
              && (field.access & Opcodes.ACC_ENUM) == 0
              && !isInlined(field)
              && !used.contains(new ClassFile.Member(type.name, field.name, field.desc))) {
            unused.add(text(type.name) + "." + field.name);
          }
        }
        Set<String> descendants = descendants(type.name);
        Set<String> kin = kin(descendants);
        for (MethodNode method : type.methods) {
          if (isPublic(method.access)
              && !isImplied(type, method)
              && !used.contains(new ClassFile.Member(type.name, method.name, method.desc))
              && kin.stream().noneMatch(each -> declaresPublic(each, method))
              && descendants.stream()
                  .filter(not(each -> isSamePackage(each, type.name)))
                  .noneMatch(each -> declaresPublic(each, method))) {
            unused.add(text(type.name, method));
          }
        }
      }
    }
    return unused;
  }

  private static boolean isPublic(int access) {
    return (access & Opcodes.ACC_PUBLIC) != 0 && (access & Opcodes.ACC_SYNTHETIC) == 0;
  }

  /** What the language asks for with a record or an enum, and what starts a program. */
  private static boolean isImplied(ClassNode type, MethodNode method) {
    if ((type.access & Opcodes.ACC_ENUM) != 0
        && (method.name.equals("values") || method.name.equals("valueOf"))) {
      return true;
    }
    List<RecordComponentNode> components =
        type.recordComponents == null ? List.of() : type.recordComponents;
    boolean accessor =
        method.desc.startsWith("()")
            && components.stream().anyMatch(each -> each.name.equals(method.name));
    String canonical =
        components.stream().map(each -> each.descriptor).collect(Collectors.joining("", "(", ")V"));
    return accessor
        || (type.recordComponents != null
            && method.name.equals("<init>")
            && method.desc.equals(canonical))
        || isMain(method);
  }

  /** The methods and fields of ours that a reference leads to. */
  private Set<ClassFile.Member> resolve(ClassFile.Member reference) {
    if (code.file(reference.owner()) == null) {
      return Set.of();
    }
    for (String type : code.lineage(reference.owner())) {
      ClassNode declared = code.declaration(type);
      for (FieldNode field : declared.fields) {
        if (field.name.equals(reference.name()) && field.desc.equals(reference.descriptor())) {
          return Set.of(new ClassFile.Member(type, field.name, field.desc));
        }
      }
      for (MethodNode method : declared.methods) {
        if (method.name.equals(reference.name()) && method.desc.equals(reference.descriptor())) {
          // The compiler's bridge stands for the method that it leads to.
          return (method.access & Opcodes.ACC_BRIDGE) == 0
              ? Set.of(new ClassFile.Member(type, method.name, method.desc))
              : declared.methods.stream()
                  .filter(each -> isLike(each, method))
                  .map(each -> new ClassFile.Member(type, each.name, each.desc))
                  .collect(Collectors.toSet());
        }
      }
    }
    return Set.of();
  }

  private Set<String> descendants(String name) {
    return code.files().stream()
        .map(ClassFile::name)
        .filter(each -> code.lineage(each).contains(name))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** The other supertypes of these: a method may be public because one of them asks for it. */
  private Set<String> kin(Set<String> descendants) {
    Set<String> kin = new TreeSet<>();
    descendants.forEach(each -> kin.addAll(code.lineage(each)));
    kin.removeAll(descendants);
    return kin;
  }

  private boolean declaresPublic(String type, MethodNode method) {
    return !method.name.equals("<init>")
        && code.declaration(type).methods.stream()
            .anyMatch(each -> (each.access & Opcodes.ACC_PUBLIC) != 0 && isLike(each, method));
  }

  /** Generics change the types of parameters in an override, never their number. */
  private static boolean isLike(MethodNode one, MethodNode other) {
    return one.name.equals(other.name)
        && Type.getArgumentCount(one.desc) == Type.getArgumentCount(other.desc);
  }

  private static boolean isSamePackage(String one, String other) {
    return ClassFile.packageOf(one).equals(ClassFile.packageOf(other));
  }

  /** A module that may use a type for others alone, and why. */
  record Allowed(String module, String type, String reason) {}

  /** Uses of another module's types that are for that module alone. */
  List<String> foreignInternals(List<Allowed> allowed) {
    List<String> broken = new ArrayList<>();
    Set<Allowed> needed = new HashSet<>();
    for (ClassFile file : code.files()) {
      for (String type : file.types()) {
        ClassFile target = code.file(type);
        if (target != null && target.isInternal() && !target.module().equals(file.module())) {
          Allowed by = find(allowed, file.module(), text(type));
          if (by == null) {
            broken.add(file.module() + ": " + text(file.name()) + " names " + text(type));
          } else {
            needed.add(by);
          }
        }
      }
    }
    allowed.stream()
        .filter(not(needed::contains))
        .forEach(each -> broken.add("Allowed, and nobody needs it: " + each));
    return broken;
  }

  private static @Nullable Allowed find(List<Allowed> allowed, String module, String type) {
    return allowed.stream()
        .filter(each -> each.module().equals(module) && each.type().equals(type))
        .findFirst()
        .orElse(null);
  }

  private static String text(String type) {
    return type.replace('/', '.').replace('$', '.');
  }

  private static String text(String type, MethodNode method) {
    String parameters =
        Arrays.stream(Type.getArgumentTypes(method.desc))
            .map(each -> each.getClassName().replaceAll("[\\w.]*\\.", ""))
            .collect(Collectors.joining(", ", "(", ")"));
    return method.name.equals("<init>")
        ? "new " + text(type) + parameters
        : text(type) + "." + method.name + parameters;
  }
}
