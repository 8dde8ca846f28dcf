package io.fairlead.docs.structure;

import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedArrayType;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.AnnotatedParameterizedType;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.AnnotatedTypeVariable;
import java.lang.reflect.AnnotatedWildcardType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Writes types as the source would, short where no reader could mistake them. */
final class TypeText {
  /** Nobody asks which List is meant. */
  private static final Set<String> SHORT =
      Set.of(
          "java.lang",
          "java.time",
          "java.util",
          "java.util.concurrent",
          "java.util.function",
          "java.util.stream");

  private final String home;
  private final Map<TypeVariable<?>, String> arguments;

  /** Types of the home package are short as well. */
  TypeText(String home) {
    this(home, Map.of());
  }

  private TypeText(String home, Map<TypeVariable<?>, String> arguments) {
    this.home = home;
    this.arguments = arguments;
  }

  /** For the members of a supertype: writes its type arguments instead of its type parameters. */
  TypeText inside(AnnotatedType supertype) {
    Map<TypeVariable<?>, String> known = new HashMap<>(arguments);
    if (supertype instanceof AnnotatedParameterizedType several) {
      TypeVariable<?>[] parameters = raw(supertype).getTypeParameters();
      AnnotatedType[] values = several.getAnnotatedActualTypeArguments();
      for (int i = 0; i < parameters.length; i++) {
        known.put(parameters[i], of(values[i]));
      }
    }
    return new TypeText(home, known);
  }

  /** The class of a type with or without type arguments. */
  static Class<?> raw(AnnotatedType type) {
    Type plain = type.getType();
    return (Class<?>) (plain instanceof ParameterizedType several ? several.getRawType() : plain);
  }

  String of(AnnotatedType type) {
    StringBuilder dimensions = new StringBuilder();
    AnnotatedType element = type;
    // The brackets of the outermost array stand first.
    while (element instanceof AnnotatedArrayType array) {
      String nullness = nullness(array);
      dimensions.append(nullness.isEmpty() ? "" : " " + nullness).append("[]");
      element = array.getAnnotatedGenericComponentType();
    }
    return nullness(element) + plain(element) + dimensions;
  }

  private String plain(AnnotatedType type) {
    if (type instanceof AnnotatedParameterizedType several) {
      return name(raw(type)) + list("<", all(several.getAnnotatedActualTypeArguments()), ">");
    }
    if (type instanceof AnnotatedTypeVariable variable) {
      TypeVariable<?> named = (TypeVariable<?>) variable.getType();
      return arguments.getOrDefault(named, named.getName());
    }
    if (type instanceof AnnotatedWildcardType wildcard) {
      AnnotatedType[] lower = wildcard.getAnnotatedLowerBounds();
      return lower.length > 0
          ? "? super " + of(lower[0])
          : "?" + bounds(wildcard.getAnnotatedUpperBounds());
    }
    return name((Class<?>) type.getType());
  }

  /** Type parameters with their bounds: "<T extends Message>", or nothing. */
  String parameters(TypeVariable<?>[] parameters) {
    return list(
        "<",
        Arrays.stream(parameters)
            .map(each -> each.getName() + bounds(each.getAnnotatedBounds()))
            .toList(),
        ">");
  }

  private String bounds(AnnotatedType[] bounds) {
    String text = String.join(" & ", all(bounds));
    return text.isEmpty() || text.equals("Object") ? "" : " extends " + text;
  }

  List<String> all(AnnotatedType[] types) {
    return Arrays.stream(types).map(this::of).toList();
  }

  String name(Class<?> type) {
    if (type.isArray()) {
      return name(type.getComponentType()) + "[]";
    }
    String within = type.getPackageName();
    String full = String.valueOf(type.getCanonicalName());
    return type.isPrimitive() || within.equals(home) || SHORT.contains(within)
        ? full.substring(full.startsWith(within + ".") ? within.length() + 1 : 0)
        : full;
  }

  private static String nullness(AnnotatedElement type) {
    return Stream.of(type.getAnnotations())
        .map(Annotation::annotationType)
        .filter(each -> each.getPackageName().equals("org.jspecify.annotations"))
        .map(each -> "@" + each.getSimpleName() + " ")
        .sorted()
        .collect(Collectors.joining());
  }

  private static String list(String open, List<String> parts, String close) {
    return parts.isEmpty() ? "" : open + String.join(", ", parts) + close;
  }
}
