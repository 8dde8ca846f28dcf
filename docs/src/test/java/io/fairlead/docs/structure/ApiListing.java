package io.fairlead.docs.structure;

import static java.util.Comparator.comparing;

import java.lang.annotation.Retention;
import java.lang.annotation.Target;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.FieldNode;

/**
 * The API of a module as text: each type that others can name, and each of its members that they
 * can use, one to a line. What the language adds by itself, and what every object has, is left out.
 * Members that a public type inherits from one that is not public are its own.
 */
final class ApiListing {
  private static final Set<String> OF_EVERY_OBJECT =
      Set.of("equals(java.lang.Object)", "hashCode()", "toString()");

  private final CodeBase code;

  private ApiListing(CodeBase code) {
    this.code = code;
  }

  /** Lists those types of the API that pass a filter. */
  static String of(CodeBase code, Predicate<ClassFile> filter) {
    ApiListing listing = new ApiListing(code);
    Map<String, Map<String, String>> packages = new TreeMap<>();
    Map<String, Integer> generated = new TreeMap<>();
    int topLevel = 0;
    for (ClassFile file : code.files()) {
      if (code.isApi(file) && filter.test(file)) {
        Map<String, String> blocks =
            packages.computeIfAbsent(file.packageName(), any -> new TreeMap<>());
        if (code.isGenerated(file)) {
          generated.merge(file.packageName(), 1, Integer::sum);
        } else {
          Class<?> type = load(file);
          blocks.put(type.getCanonicalName(), listing.type(type));
          topLevel += type.getEnclosingClass() == null ? 1 : 0;
        }
      }
    }
    int types = packages.values().stream().mapToInt(Map::size).sum();
    StringBuilder text = new StringBuilder(count(types, "public type"));
    text.append(", ").append(topLevel).append(" of them top-level, in ");
    text.append(count(packages.size(), "package")).append("\n");
    packages.forEach(
        (name, blocks) -> {
          text.append("\npackage ").append(name).append(": ").append(count(blocks.size(), "type"));
          if (generated.containsKey(name)) {
            text.append(", and ").append(generated.get(name)).append(" that are generated");
          }
          blocks.values().forEach(block -> text.append("\n\n").append(block));
          text.append("\n");
        });
    return text.toString();
  }

  private static String count(int number, String what) {
    return number + " " + what + (number == 1 ? "" : "s");
  }

  private static Class<?> load(ClassFile file) {
    try {
      return Class.forName(file.name().replace('/', '.'), false, ApiListing.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException("docs/pom.xml does not depend on " + file.module(), e);
    }
  }

  private String type(Class<?> type) {
    TypeText names = new TypeText(type.getPackageName());
    List<String> lines = new ArrayList<>();
    lines.add(head(type, names));
    lines.addAll(constants(type));
    Map<String, String> members = new LinkedHashMap<>();
    fields(type, names, members);
    constructors(type, names, members);
    methods(type, names, members);
    lines.addAll(members.values());
    return String.join("\n  ", lines);
  }

  private String head(Class<?> type, TypeText names) {
    StringBuilder text = new StringBuilder(annotations(type));
    text.append(Modifier.isPublic(type.getModifiers()) ? "public " : "protected ");
    boolean plain = !type.isInterface() && !type.isEnum() && !type.isRecord();
    if (plain) {
      int shown = Modifier.STATIC | Modifier.ABSTRACT | Modifier.FINAL;
      text.append(word(Modifier.toString(type.getModifiers() & shown)));
    }
    if (plain || type.isInterface()) {
      text.append(sealing(type));
    }
    text.append(kind(type)).append(names.name(type));
    text.append(names.parameters(type.getTypeParameters()));
    if (type.isRecord()) {
      text.append(components(type, names));
    }
    Set<String> classes = new LinkedHashSet<>();
    Set<String> interfaces = new LinkedHashSet<>();
    supertypes(type, names, classes, interfaces);
    text.append(clause(" extends ", classes));
    text.append(clause(type.isInterface() ? " extends " : " implements ", interfaces));
    if (type.isSealed() && !type.isEnum()) {
      text.append(clause(" permits ", permitted(type, names)));
    }
    return text.toString();
  }

  private static String kind(Class<?> type) {
    if (type.isAnnotation()) {
      return "@interface ";
    }
    if (type.isInterface()) {
      return "interface ";
    }
    if (type.isEnum()) {
      return "enum ";
    }
    return type.isRecord() ? "record " : "class ";
  }

  private static String sealing(Class<?> type) {
    if (type.isSealed()) {
      return "sealed ";
    }
    boolean open =
        !Modifier.isFinal(type.getModifiers())
            && Stream.concat(
                    Stream.ofNullable(type.getSuperclass()), Stream.of(type.getInterfaces()))
                .anyMatch(Class::isSealed);
    return open ? "non-sealed " : "";
  }

  private static String components(Class<?> type, TypeText names) {
    return Stream.of(type.getRecordComponents())
        .map(each -> names.of(each.getAnnotatedType()) + " " + each.getName())
        .collect(Collectors.joining(", ", "(", ")"));
  }

  private Set<String> permitted(Class<?> type, TypeText names) {
    Set<String> permitted = new LinkedHashSet<>();
    boolean hidden = false;
    for (Class<?> each : type.getPermittedSubclasses()) {
      if (isHidden(each)) {
        hidden = true;
      } else {
        permitted.add(names.name(each));
      }
    }
    if (hidden) {
      permitted.add("...");
    }
    return permitted;
  }

  /** The supertypes that others can name; a hidden one is replaced by its own. */
  private void supertypes(
      Class<?> type, TypeText names, Set<String> classes, Set<String> interfaces) {
    for (AnnotatedType each : above(type)) {
      Class<?> raw = TypeText.raw(each);
      if (isHidden(raw)) {
        supertypes(raw, names.inside(each), classes, interfaces);
      } else if (raw.isInterface()) {
        interfaces.add(names.of(each));
      } else {
        classes.add(names.of(each));
      }
    }
  }

  private static List<AnnotatedType> above(Class<?> type) {
    List<AnnotatedType> above = new ArrayList<>();
    AnnotatedType superclass = type.getAnnotatedSuperclass();
    boolean implied =
        superclass == null
            || type.isEnum()
            || type.isRecord()
            || type.getSuperclass() == Object.class;
    if (!implied) {
      above.add(superclass);
    }
    if (!type.isAnnotation()) {
      above.addAll(List.of(type.getAnnotatedInterfaces()));
    }
    return above;
  }

  /** Ours, and not for others. */
  private boolean isHidden(Class<?> type) {
    ClassFile file = code.file(type.getName().replace('.', '/'));
    return file != null && !code.isApi(file);
  }

  /** The constants of an enum, in their order. */
  private List<String> constants(Class<?> type) {
    return type.isEnum()
        ? declaredFields(type).stream()
            .filter(each -> (each.access & Opcodes.ACC_ENUM) != 0)
            .map(each -> each.name)
            .toList()
        : List.of();
  }

  private void fields(Class<?> type, TypeText names, Map<String, String> members) {
    Map<String, String> found = new TreeMap<>();
    int shown = type.isInterface() ? 0 : ~(Modifier.VOLATILE | Modifier.TRANSIENT);
    for (Field field : type.getDeclaredFields()) {
      if (isReachable(field.getModifiers(), type)
          && !field.isSynthetic()
          && !field.isEnumConstant()) {
        String declared = names.of(field.getAnnotatedType()) + " " + field.getName();
        found.put(
            field.getName(),
            annotations(field)
                + word(Modifier.toString(field.getModifiers() & Modifier.fieldModifiers() & shown))
                + declared
                + value(field));
      }
    }
    found.forEach(members::putIfAbsent);
    hidden(type, names, (above, inside) -> fields(above, inside, members));
  }

  private static void constructors(Class<?> type, TypeText names, Map<String, String> members) {
    Stream.of(type.getDeclaredConstructors())
        .filter(each -> isReachable(each.getModifiers(), type))
        .filter(each -> !each.isSynthetic() && !isCanonical(each))
        .sorted(comparing(ApiListing::key))
        .forEach(each -> members.put("new " + key(each), constructor(each, type, names)));
  }

  /** The head of a record says it already. */
  private static boolean isCanonical(Constructor<?> made) {
    Class<?> type = made.getDeclaringClass();
    return type.isRecord()
        && Arrays.equals(
            made.getParameterTypes(),
            Stream.of(type.getRecordComponents()).map(RecordComponent::getType).toArray());
  }

  private static String constructor(Constructor<?> made, Class<?> type, TypeText names) {
    return annotations(made)
        + modifiers(made.getModifiers() & Modifier.constructorModifiers(), type)
        + word(names.parameters(made.getTypeParameters()))
        + type.getSimpleName()
        + parameters(made, names);
  }

  private void methods(Class<?> type, TypeText names, Map<String, String> members) {
    Map<String, String> found = new TreeMap<>();
    collect(type, type, names, found);
    members.putAll(found);
  }

  private void collect(
      Class<?> type, Class<?> declaring, TypeText names, Map<String, String> found) {
    for (Method method : declaring.getDeclaredMethods()) {
      if (isReachable(method.getModifiers(), type)
          && !method.isSynthetic()
          && !isImplied(method)
          && (declaring == type
              || !(declaring.isInterface() && Modifier.isStatic(method.getModifiers())))) {
        found.putIfAbsent(key(method), method(method, type, names));
      }
    }
    hidden(declaring, names, (above, inside) -> collect(type, above, inside, found));
  }

  private void hidden(Class<?> type, TypeText names, BiConsumer<Class<?>, TypeText> each) {
    for (AnnotatedType above : above(type)) {
      Class<?> raw = TypeText.raw(above);
      if (isHidden(raw)) {
        each.accept(raw, names.inside(above));
      }
    }
  }

  private static boolean isImplied(Method method) {
    Class<?> type = method.getDeclaringClass();
    String key = key(method);
    if (type.isEnum() && (key.equals("values()") || key.equals("valueOf(java.lang.String)"))) {
      return true;
    }
    if (type.isRecord()
        && method.getParameterCount() == 0
        && Stream.of(type.getRecordComponents())
            .anyMatch(each -> each.getName().equals(method.getName()))) {
      return true;
    }
    return OF_EVERY_OBJECT.contains(key);
  }

  private static String method(Method method, Class<?> type, TypeText names) {
    int shown =
        method.getModifiers()
            & Modifier.methodModifiers()
            & ~(Modifier.SYNCHRONIZED | Modifier.NATIVE | Modifier.STRICT);
    Object value = method.getDefaultValue();
    return annotations(method)
        + modifiers(shown, type)
        + (method.isDefault() && type.isInterface() ? "default " : "")
        + word(names.parameters(method.getTypeParameters()))
        + names.of(method.getAnnotatedReturnType())
        + " "
        + method.getName()
        + parameters(method, names)
        + (value == null ? "" : " default " + literal(value));
  }

  private static String parameters(Executable of, TypeText names) {
    List<String> parameters = new ArrayList<>();
    for (Parameter each : of.getParameters()) {
      if (!each.isImplicit() && !each.isSynthetic()) {
        String type = names.of(each.getAnnotatedType());
        if (each.isVarArgs()) {
          type = type.substring(0, type.length() - "[]".length()) + "...";
        }
        parameters.add(each.isNamePresent() ? type + " " + each.getName() : type);
      }
    }
    Set<String> thrown = new LinkedHashSet<>(names.all(of.getAnnotatedExceptionTypes()));
    return "(" + String.join(", ", parameters) + ")" + clause(" throws ", thrown);
  }

  /** Members of a final class that are protected are for its package alone. */
  private static boolean isReachable(int modifiers, Class<?> type) {
    return Modifier.isPublic(modifiers)
        || (Modifier.isProtected(modifiers) && !Modifier.isFinal(type.getModifiers()));
  }

  /** As in the source: what an interface says of its members by itself is left out. */
  private static String modifiers(int modifiers, Class<?> type) {
    int implied = type.isInterface() ? Modifier.PUBLIC | Modifier.ABSTRACT : 0;
    return word(Modifier.toString(modifiers & ~implied));
  }

  private String value(Field field) {
    for (FieldNode each : declaredFields(field.getDeclaringClass())) {
      if (each.name.equals(field.getName()) && each.value != null) {
        Object value = each.value;
        if (value instanceof Integer number && field.getType() == boolean.class) {
          value = number != 0;
        } else if (value instanceof Integer number && field.getType() == char.class) {
          value = (char) number.intValue();
        }
        return " = " + literal(value);
      }
    }
    return "";
  }

  private List<FieldNode> declaredFields(Class<?> type) {
    ClassFile file = code.file(type.getName().replace('.', '/'));
    return file == null ? List.of() : file.declared().fields;
  }

  private static String literal(Object value) {
    if (value instanceof String text) {
      String escaped = text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
      return "\"" + escaped + "\"";
    }
    if (value instanceof Character letter) {
      return "'" + letter + "'";
    }
    if (value instanceof Class<?> type) {
      return type.getCanonicalName() + ".class";
    }
    return value instanceof Object[] several
        ? Stream.of(several).map(ApiListing::literal).collect(Collectors.joining(", ", "{", "}"))
        : value.toString();
  }

  /** The annotations that change what others may do with an element. */
  private static String annotations(AnnotatedElement element) {
    StringBuilder text = new StringBuilder();
    Deprecated deprecated = element.getAnnotation(Deprecated.class);
    if (deprecated != null) {
      text.append(deprecated.forRemoval() ? "@Deprecated(forRemoval = true) " : "@Deprecated ");
    }
    if (element.isAnnotationPresent(FunctionalInterface.class)) {
      text.append("@FunctionalInterface ");
    }
    Target target = element.getAnnotation(Target.class);
    if (target != null) {
      text.append("@Target(").append(literal(target.value())).append(") ");
    }
    Retention retention = element.getAnnotation(Retention.class);
    if (retention != null) {
      text.append("@Retention(").append(retention.value()).append(") ");
    }
    return text.toString();
  }

  private static String key(Executable of) {
    return (of instanceof Method ? of.getName() : "")
        + Stream.of(of.getParameterTypes())
            .map(Class::getTypeName)
            .collect(Collectors.joining(", ", "(", ")"));
  }

  private static String clause(String word, Set<String> parts) {
    return parts.isEmpty() ? "" : word + String.join(", ", parts);
  }

  private static String word(String text) {
    return text.isEmpty() ? "" : text + " ";
  }
}
