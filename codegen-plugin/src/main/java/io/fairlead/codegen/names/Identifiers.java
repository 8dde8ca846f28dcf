package io.fairlead.codegen.names;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import javax.lang.model.SourceVersion;

/** Turns the identifiers of a contract into Java's. */
public final class Identifiers {
  /**
   * Methods that every object has; a method of the contract beside them would read as one of them.
   */
  private static final Set<String> OBJECT_METHODS =
      Set.of(
          "clone",
          "equals",
          "finalize",
          "getClass",
          "hashCode",
          "notify",
          "notifyAll",
          "toString",
          "wait");

  /** Words that Java allows as names, but not as names of types. */
  private static final Set<String> NOT_FOR_TYPES =
      Set.of("permits", "record", "sealed", "var", "yield");

  private Identifiers() {}

  /** Whether Java allows the name for a type. */
  public static boolean isTypeName(String name) {
    return SourceVersion.isIdentifier(name) && typeName(name).equals(name);
  }

  /** The name of a type for a service: its own, unless Java forbids it. */
  public static String typeName(String name) {
    return SourceVersion.isKeyword(name) || NOT_FOR_TYPES.contains(name) ? name + "_" : name;
  }

  /**
   * The method for an RPC: {@code GetURL} becomes {@code getURL}, {@code URLFetch} {@code
   * urlFetch}.
   */
  public static String methodName(String rpc) {
    StringBuilder joined = new StringBuilder();
    for (String word : rpc.split("_", -1)) {
      if (word.isEmpty()) {
        continue;
      }
      joined.append(joined.isEmpty() ? lowerStart(word) : upperFirst(word));
    }
    String name = startable(joined.isEmpty() ? rpc : joined.toString());
    return SourceVersion.isKeyword(name) || OBJECT_METHODS.contains(name) ? name + "_" : name;
  }

  /** The constant for an RPC: {@code GetURL} becomes {@code GET_URL}. */
  public static String constantName(String rpc) {
    List<String> words = new ArrayList<>();
    for (String part : rpc.split("_", -1)) {
      words.addAll(words(part));
    }
    String name =
        startable(words.isEmpty() ? rpc : String.join("_", words).toUpperCase(Locale.ROOT));
    return SourceVersion.isKeyword(name) ? name + "_" : name;
  }

  /** The first segment of the package that Java cannot spell, or an empty string. */
  public static String badPackageSegment(String packageName) {
    if (packageName.isEmpty()) {
      return "";
    }
    for (String segment : packageName.split("\\.", -1)) {
      if (!SourceVersion.isName(segment)) {
        return segment.isEmpty() ? packageName : segment;
      }
    }
    return "";
  }

  private static String startable(String name) {
    return Character.isDigit(name.charAt(0)) ? "_" + name : name;
  }

  private static String upperFirst(String word) {
    return Character.toUpperCase(word.charAt(0)) + word.substring(1);
  }

  /** Lowers the first word even if it is an acronym: URLFetch, urlFetch. */
  private static String lowerStart(String word) {
    int capitals = 0;
    while (capitals < word.length() && isUpper(word.charAt(capitals))) {
      capitals++;
    }
    boolean nextWordBegins =
        capitals > 1 && capitals < word.length() && isLower(word.charAt(capitals));
    int lowered = nextWordBegins ? capitals - 1 : capitals;
    return word.substring(0, lowered).toLowerCase(Locale.ROOT) + word.substring(lowered);
  }

  private static List<String> words(String part) {
    List<String> words = new ArrayList<>();
    int begin = 0;
    for (int i = 1; i < part.length(); i++) {
      boolean afterLower = !isUpper(part.charAt(i - 1));
      boolean beforeLower = i + 1 < part.length() && isLower(part.charAt(i + 1));
      if (isUpper(part.charAt(i)) && (afterLower || beforeLower)) {
        words.add(part.substring(begin, i));
        begin = i;
      }
    }
    if (begin < part.length()) {
      words.add(part.substring(begin));
    }
    return words;
  }

  private static boolean isUpper(char c) {
    return c >= 'A' && c <= 'Z';
  }

  private static boolean isLower(char c) {
    return c >= 'a' && c <= 'z';
  }
}
